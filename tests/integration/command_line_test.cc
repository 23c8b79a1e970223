// What the command line says to people: help, lists, versions, and one line for a mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using CommandLineTest = CommandTest;

TEST_F(CommandLineTest, HelpListsEveryCommand) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"help"}, std::vector<std::string>{"--help"}}) {
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.status, 0);
    for (const char* command : {"train", "learner", "actor", "eval", "export", "plot", "envs",
                                "presets", "study", "version", "help"}) {
      EXPECT_THAT(finished.out, HasSubstr(command));
    }
  }
}

TEST_F(CommandLineTest, EachCommandHasHelpWithAnExample) {
  for (const char* command : {"train", "learner", "actor", "eval", "export", "plot", "envs",
                              "presets", "study", "version"}) {
    const Finished finished = Run({"help", command});
    EXPECT_EQ(finished.status, 0) << command;
    EXPECT_THAT(finished.out,
                AllOf(HasSubstr("xample"), HasSubstr(std::string("nyala ") + command)))
        << command;
    EXPECT_EQ(Run({command, "--help"}).out, finished.out) << command;
  }
}

TEST_F(CommandLineTest, HelpOfConfigNamesFieldsWithTheirDefaults) {
  const Finished finished = Run({"help", "config"});
  EXPECT_EQ(finished.status, 0);
  EXPECT_THAT(finished.out, AllOf(HasSubstr("optimizer.learning_rate"), HasSubstr("0.0006")));
}

TEST_F(CommandLineTest, VersionNamesTheLibraries) {
  const Finished finished = Run({"version"});
  EXPECT_EQ(finished.status, 0);
  for (const char* library : {"LibTorch", "gRPC", "Protobuf", "Abseil", "BLAS"}) {
    EXPECT_THAT(finished.out, HasSubstr(library));
  }
}

TEST_F(CommandLineTest, EnvironmentsAndPresetsAreListed) {
  EXPECT_THAT(Run({"envs"}).out, AllOf(HasSubstr("CartPole-v1"), HasSubstr("Catch")));
  EXPECT_THAT(Run({"presets"}).out, AllOf(HasSubstr("cartpole-impala"), HasSubstr("cartpole-a2c")));
}

struct Mistake {
  std::vector<std::string> arguments;
  // What the one line must contain.
  std::string said;
};

class MistakeTest : public CommandTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(MistakeTest, GetsOneLineAndStatus2AndLeavesNothing) {
  ASSERT_TRUE(WriteFile(scratch_ / "typo.textproto", "optimizer {\n  lerning_rate: 1\n}\n").ok());
  Subprocess process(Command(GetParam().arguments));
  EXPECT_EQ(process.Wait(), 2) << process.output();
  EXPECT_EQ(process.out(), "");
  EXPECT_TRUE(IsOneLine(process.err())) << process.err();
  EXPECT_THAT(process.err(), HasSubstr(GetParam().said));
  EXPECT_FALSE(PathExists(scratch_ / "runs"));
  ExpectNothingLeft(&process);
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, MistakeTest,
    ::testing::Values(Mistake{{"trian"}, "train"}, Mistake{{"help", "trian"}, "train"},
                      Mistake{{"train", "--evn=Catch"}, "--env"},
                      Mistake{{"train", "--run=", "--env=Catch"}, "--run= has no value"},
                      Mistake{{"actor", "--lerner=localhost:1"}, "--learner"},
                      Mistake{{"train", "--env=CartPol-v1"}, "CartPole-v1"},
                      Mistake{{"train", "--preset=cartpole-impal"}, "cartpole-impala"},
                      Mistake{{"train", "--algorithm=impalla"}, "impala"},
                      Mistake{{"train", "--set", "network.name=mpl"}, "mlp"},
                      Mistake{{"train", "--set", "optimizer.name=adamm"}, "adam"},
                      Mistake{{"train", "--set", "optimizer.lerning_rate=1"}, "learning_rate"},
                      Mistake{{"train", "--set", "optimizer.learning_rate=fast"},
                              "optimizer.learning_rate"},
                      Mistake{{"train", "--set", "optimizer.learning_rate"}, "="},
                      Mistake{{"train", "--set", "algorithm.discount=1.5"}, "algorithm.discount"},
                      Mistake{{"train", "--config=typo.textproto"}, "learning_rate"},
                      Mistake{{"train", "--config=typo.textproto"}, "typo.textproto:2"},
                      Mistake{{"train", "--config=missing.textproto"}, "missing.textproto"},
                      Mistake{{"train", "--frames=many"}, "--frames"},
                      Mistake{{"train", "--env=Catch", "--set", "network.name=cnn",  //
                               "--set", "network.channels=0"},
                              "network.channels"},
                      Mistake{{"train", "--resume"}, "--run"}, Mistake{{"actor"}, "--learner"},
                      Mistake{{"actor", "--learner=localhost:1", "--allow="}, "--allow"},
                      Mistake{{"eval"}, "--run"}, Mistake{{"export"}, "--run"},
                      Mistake{{"eval", "--run=a", "--render=a.avi"}, "ends in .gif"},
                      Mistake{{"eval", "--run=a", "--fps=5"}, "--render"},
                      Mistake{{"eval", "--run=a", "--render=ansi", "--json"}, "take one"},
                      Mistake{{"plot"}, "RUN_DIR"}, Mistake{{"plot", "a", "--out=b.jpg"}, ".png"},
                      Mistake{{"plot", "a", "--x=hours"}, "--x"}));

}  // namespace
}  // namespace nyala
