#include "deploy/cli/command_line.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace nyala {
namespace {

class GreetCommand : public Command {
 public:
  explicit GreetCommand(std::string* greeted) : greeted_(greeted) {}
  std::string name() const override { return "greet"; }
  std::string summary() const override { return "Greets somebody"; }
  std::string notes() const override { return "Politely."; }
  std::string examples() const override { return "nyala greet --whom=you"; }
  void AddFlags(CLI::App& app) override {
    app.add_option("--whom", whom_, "Who is greeted")->required();
    app.add_option("--times", times_, "How often");
  }
  int Run(const CommandContext& context) override {
    *greeted_ = context.program + " greets " + whom_;
    return 40 + times_;
  }

 private:
  std::string* const greeted_;
  std::string whom_;
  int times_ = 1;
};

struct Outcome {
  int status;
  std::string out, err, greeted;
};

Outcome Call(const std::vector<std::string>& arguments) {
  Outcome outcome;
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<GreetCommand>(&outcome.greeted));
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.status = RunCommandLine({"prog", 0}, arguments, commands);
  std::fflush(stdout);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(RunCommandLine, RunsTheCommandWithFlagsInBothForms) {
  const Outcome joined = Call({"greet", "--whom=me", "--times=2"});
  EXPECT_EQ(joined.status, 42);
  EXPECT_EQ(joined.greeted, "prog greets me");
  const Outcome apart = Call({"greet", "--whom", "me", "--times", "-3"});
  EXPECT_EQ(apart.status, 37) << apart.err;
}

TEST(RunCommandLine, MisspeltCommandGetsTheNearest) {
  const Outcome outcome = Call({"gret"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "nyala: unknown command 'gret'; did you mean 'greet'?\n");
}

TEST(RunCommandLine, MisspeltFlagGetsTheNearestEvenIfOneIsMissing) {
  for (const char* flag : {"--whmo=me", "--whmo"}) {
    const Outcome outcome = Call({"greet", flag});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err, "nyala: greet: unknown flag '--whmo'; did you mean '--whom'?\n");
    EXPECT_EQ(outcome.greeted, "");
  }
}

TEST(RunCommandLine, OtherMistakesAreOneLineToo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"greet"},
                                             {"greet", "--whom"},
                                             {"greet", "--whom=me", "--times=often"},
                                             {"greet", "--whom=me", "you"},
                                             {"help", "gret"},
                                             {"help", "config", "nonsense"}}) {
    const Outcome outcome = Call(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err.find("nyala: "), 0u) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
  }
}

TEST(RunCommandLine, HelpListsCommands) {
  for (const char* word : {"help", "--help", "-h"}) {
    const Outcome outcome = Call({word});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.out.find("Greets somebody"), std::string::npos);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(RunCommandLine, HelpOfACommandShowsFlagsAndExamples) {
  const Outcome outcome = Call({"help", "greet"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* text :
       {"Greets somebody", "--whom", "Who is greeted", "Politely.", "nyala greet --whom=you"}) {
    EXPECT_NE(outcome.out.find(text), std::string::npos) << outcome.out;
  }
  EXPECT_EQ(Call({"greet", "--help"}).out, outcome.out);
  EXPECT_EQ(outcome.greeted, "");
}

}  // namespace
}  // namespace nyala
