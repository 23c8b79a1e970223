// Resuming with another configuration: what changed is said, and refused where the parameters would
// mean something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ResumeChangesTest : public CommandTest {
 protected:
  Finished Resume(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train", "--resume", "--run=" + run_dir(),
                                          "--frames=10000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  std::string ReadRunFile(const std::string& name) const {
    return ReadFile(run_dir() + "/" + name).value_or("");
  }
  // Rate of the last optimizer step, from the newest row of metrics.jsonl.
  double LastLearningRate() const {
    const std::vector<std::string> rows =
        absl::StrSplit(ReadRunFile("metrics.jsonl"), '\n', absl::SkipEmpty());
    return nlohmann::json::parse(rows.back()).at("loss/learning_rate").get<double>();
  }
};

TEST_F(ResumeChangesTest, AnotherFunctionIsRefusedUnlessForced) {
  TrainToTheEnd(run_dir());
  const std::string config = ReadRunFile("config.textproto"), run = ReadRunFile("run.json");
  const std::vector<std::string> change = {"--set", "network.activation=relu", "--set",
                                           "policy.min_sigma=0.5"};
  const Finished refused = Resume(change);
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_TRUE(IsOneLine(refused.err)) << refused.err;
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("network.activation (tanh -> relu)"),
                    HasSubstr("policy.min_sigma (0.01 -> 0.5)"), HasSubstr("--force")));
  EXPECT_EQ(ReadRunFile("config.textproto"), config);
  EXPECT_EQ(ReadRunFile("run.json"), run);

  std::vector<std::string> forced = change;
  forced.push_back("--force");
  const Finished done = Resume(forced);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("resuming with network.activation: tanh -> relu"));
  // Its checkpoint is one of the new function.
  const Finished again = Run({"train", "--resume", "--run=" + run_dir(), "--frames=12000"});
  EXPECT_EQ(again.status, 0) << again.err;
}

// It failed, and so did every plain resume after it.
TEST_F(ResumeChangesTest, AnotherOptimizerStartsItsStateAnew) {
  TrainToTheEnd(run_dir());
  const Finished done =
      Resume({"--set", "optimizer.name=rmsprop_tf", "--set", "optimizer.momentum=0.5"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("it starts anew"));
  EXPECT_EQ(Run({"train", "--resume", "--run=" + run_dir(), "--frames=12000"}).status, 0);
}

TEST_F(ResumeChangesTest, AnotherEnvironmentIsRefused) {
  TrainToTheEnd(run_dir());
  const Finished refused = Resume({"--env=CartPole-v1"});
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("environment.id (Catch -> CartPole-v1)"));
}

TEST_F(ResumeChangesTest, BudgetsAndRatesAreListed) {
  TrainToTheEnd(run_dir());
  const Finished done = Resume({"--set", "optimizer.learning_rate=1e-3"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, AllOf(HasSubstr("resuming with limits.frames: 5000 -> 10000\n"),
                              HasSubstr("resuming with optimizer.learning_rate: 0.002 -> 0.001"),
                              Not(HasSubstr("actor.actors"))));
}

TEST_F(ResumeChangesTest, TheCheckpointsConfigurationCountsNotTheRunsNewest) {
  TrainToTheEnd(run_dir());
  // As a resume leaves it that ended before its first checkpoint.
  const std::string config = ReadRunFile("config.textproto");
  ASSERT_THAT(config, HasSubstr("activation: \"tanh\""));
  ASSERT_TRUE(
      WriteFile(run_dir() + "/config.textproto",
                absl::StrReplaceAll(config, {{"activation: \"tanh\"", "activation: \"relu\""}}))
          .ok());
  const Finished refused = Resume({});
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("network.activation (tanh -> relu)"));
  const Finished back = Resume({"--set", "network.activation=tanh"});
  EXPECT_EQ(back.status, 0) << back.err;
}

TEST_F(ResumeChangesTest, WithoutACheckpointAllIsListedAndMayChange) {
  TrainToTheEnd(run_dir());
  ASSERT_TRUE(RemoveTree(run_dir() + "/checkpoints").ok());
  const Finished done = Resume({"--set", "network.activation=relu"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, AllOf(HasSubstr("resuming with network.activation: tanh -> relu"),
                              HasSubstr("starts over")));
}

TEST_F(ResumeChangesTest, ALongerBudgetSaysWhatItDoesToAnAnnealedRate) {
  const Finished first = Run(Train({"--frames=5000", "--set", "optimizer.learning_rate_final=0"}));
  ASSERT_EQ(first.status, 0) << first.err;
  const Finished kept = Resume({"--set", "limits.schedule_frames=5000"});
  EXPECT_EQ(kept.status, 0) << kept.err;
  EXPECT_THAT(kept.err, Not(HasSubstr("optimizer.learning_rate goes from")));
  EXPECT_EQ(LastLearningRate(), 0);
  // It keeps it with it.
  const Finished longer = Run({"train", "--resume", "--run=" + run_dir(), "--frames=15000"});
  EXPECT_EQ(longer.status, 0) << longer.err;
  EXPECT_EQ(LastLearningRate(), 0);
  const Finished stretched = Run({"train", "--resume", "--run=" + run_dir(), "--frames=20000",
                                  "--set", "limits.schedule_frames=0"});
  EXPECT_EQ(stretched.status, 0) << stretched.err;
  EXPECT_THAT(stretched.err,
              AllOf(HasSubstr("optimizer.learning_rate goes from 0 to 0.000"),
                    HasSubstr("because its schedule now ends at 20000 frames; --set "
                              "limits.schedule_frames=5000 keeps the old schedule")));
  EXPECT_GT(LastLearningRate(), 0);
}

// "the goal was not reached", with a return far above it.
TEST_F(ResumeChangesTest, AnotherGoalThatTheRunIsBeyondIsReachedAtOnce) {
  const Finished first = Run(Train({"--frames=60000", "--goal=inf"}));
  ASSERT_EQ(first.status, 0) << first.err;
  const Finished beyond = Run({"train", "--resume", "--run=" + run_dir(), "--goal=-100"});
  EXPECT_EQ(beyond.status, 0) << beyond.err;
  EXPECT_THAT(beyond.err, HasSubstr("goal reached"));
  EXPECT_THAT(beyond.err, Not(HasSubstr("trying again")));
}

TEST_F(ResumeChangesTest, ForceIsForResumeAlone) {
  const Finished finished = Run(Train({"--force"}));
  EXPECT_EQ(finished.status, 2) << finished.err;
  EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("--resume"));
  EXPECT_FALSE(PathExists(run_dir()));
}

}  // namespace
}  // namespace nyala
