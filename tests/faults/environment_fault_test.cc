// Environments that fail, hang or crash: one clear line that names environment and actor, the
// others go on, and restarts are counted and limited.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class EnvironmentFaultTest : public CommandTest {
 protected:
  Subprocess::Options Faulty(const std::vector<std::string>& arguments) const {
    Subprocess::Options options = Command(arguments);
    options.argv[0] = NYALA_FAULTY_BINARY;
    return options;
  }
  // `train` on the environment with this fault.
  Subprocess::Options FaultyTrain(const std::string& fault,
                                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments =
        Train({"--env=Faulty,fault=" + fault, "--set", "environment.step_timeout_seconds=2"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Faulty(arguments);
  }
  std::string once() const { return scratch_ / "once"; }
};

class TransientFaultTest : public EnvironmentFaultTest,
                           public ::testing::WithParamInterface<const char*> {};

TEST_P(TransientFaultTest, RestartsOneActorAndTheOthersGoOn) {
  const std::string fault = GetParam();
  Subprocess train(FaultyTrain(fault + ",after=200,once=" + once(), {"--set", "actor.actors=2"}));
  ASSERT_TRUE(train.WaitForOutput("restarted as pid")) << train.output();
  EXPECT_TRUE(WaitForTraining(&train, 5000)) << train.output();
  EXPECT_EQ(Named(train, "nyala-actor").size(), 2u);
  train.Signal(SIGTERM);
  EXPECT_EQ(train.Wait(), 1) << train.output();
  ExpectNothingLeft(&train);
  EXPECT_EQ(Summary().at("actor_restarts"), 1);
  EXPECT_THAT(Summary().at("exit_reason").get<std::string>(), HasSubstr("SIGTERM"));
  // Who crashes says nothing: its supervisor does.
  EXPECT_THAT(train.err(),
              ContainsRegex(fault == "crash"
                                ? "actor [01] .*\\(Aborted\\) in environment 'Faulty,fault=[^']*';"
                            : fault == "exit"
                                ? "actor [01] .* status 0 in environment 'Faulty,fault=[^']*';"
                                : "nyala actor [01]: environment 'Faulty,fault=[^']*' \\(number"));
}

INSTANTIATE_TEST_SUITE_P(Faults, TransientFaultTest,
                         ::testing::Values("nan_observation", "nan_reward", "both_ends", "spec",
                                           "fail", "throw", "throw_text", "hang", "crash", "exit"));

TEST_F(EnvironmentFaultTest, OneThatFailsAtEveryStartEndsTheRunWithACheckpoint) {
  const Finished finished = RunToEnd(FaultyTrain("fail,after=3"));
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("nyala actor 0: environment 'Faulty,fault=fail,after=3' (number 0): "
                              "the simulator is gone"),
                    HasSubstr("given up after 5 restarts"),
                    HasSubstr("given up, an actor failed too often; resume with:"),
                    Not(HasSubstr("joining again"))));
  EXPECT_EQ(Summary().at("actor_restarts"), 5);
  EXPECT_EQ(Summary().at("exit_reason"), "an actor failed too often");
  EXPECT_EQ(Checkpoints().size(), 1u);
}

TEST_F(EnvironmentFaultTest, OneThatHangsAtEveryStartEndsTheRun) {
  const Finished finished = RunToEnd(FaultyTrain("hang,after=3"));
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("environment 'Faulty,fault=hang,after=3' (numbers 0 to 7, "
                                      "thread rollout-0) has not returned for 2 s"));
  EXPECT_EQ(Summary().at("actor_restarts"), 5);
}

TEST_F(EnvironmentFaultTest, WhatCannotEvenBeMadeIsRefusedWithOneLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hang_making", "could not be made within 2 s"},
      {"crash_making", "was killed by signal 6 (Aborted)"},
      {"throw_making", "no such model"},
  };
  for (const auto& [fault, words] : cases) {
    const Finished finished = RunToEnd(FaultyTrain(fault));
    EXPECT_EQ(finished.status, 2) << finished.err;
    EXPECT_THAT(finished.err, AllOf(HasSubstr("'Faulty,fault=" + fault + "'"), HasSubstr(words)));
    EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
    EXPECT_FALSE(PathExists(run_dir()));
  }
}

TEST_F(EnvironmentFaultTest, EvaluationEndsWithTheLineToo) {
  const std::string environment = "hang,once=" + once();
  ASSERT_TRUE(WriteFile(once(), "").ok());
  const Finished trained = RunToEnd(FaultyTrain(environment, {"--frames=3000"}));
  ASSERT_EQ(trained.status, 0) << trained.err;
  ASSERT_TRUE(RemoveTree(once()).ok());
  const Finished finished = RunToEnd(Faulty({"eval", "--run=" + run_dir(), "--episodes=2"}));
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("has not returned for 2 s"));
}

}  // namespace
}  // namespace nyala
