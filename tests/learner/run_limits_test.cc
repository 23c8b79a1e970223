#include "learner/run_limits.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

RunCounters At(uint64_t frames, uint64_t updates) {
  RunCounters counters;
  counters.frames = frames;
  counters.updates = updates;
  return counters;
}

TEST(RunLimits, WithoutALimitARunGoesOn) {
  EXPECT_EQ(RunLimits(LimitsConfig()).Check(At(1ull << 60, 1ull << 60), 1e12), std::nullopt);
}

TEST(RunLimits, EachLimitEndsARunWhereItIsReached) {
  LimitsConfig config;
  config.set_frames(100);
  config.set_updates(10);
  config.set_seconds(2.5);
  const RunLimits limits(config);
  EXPECT_EQ(limits.Check(At(99, 9), 2.4), std::nullopt);
  EXPECT_EQ(limits.Check(At(100, 9), 2.4), EndReason::kFrameBudgetUsed);
  EXPECT_EQ(limits.Check(At(99, 10), 2.4), EndReason::kUpdateBudgetUsed);
  EXPECT_EQ(limits.Check(At(99, 9), 2.5), EndReason::kTimeBudgetUsed);
}

TEST(RunLimits, AGoalComesBeforeABudget) {
  LimitsConfig config;
  config.set_frames(100);
  config.set_goal(5);
  RunCounters counters = At(100, 1);
  EXPECT_EQ(RunLimits(config).Check(counters, 0), EndReason::kFrameBudgetUsed);
  counters.frames_to_goal = 90;
  EXPECT_EQ(RunLimits(config).Check(counters, 0), EndReason::kGoalReached);
  config.clear_goal();
  EXPECT_EQ(RunLimits(config).Check(counters, 0), EndReason::kFrameBudgetUsed);
}

TEST(Describe, SaysItInWords) {
  EXPECT_EQ(Describe(EndReason::kGoalReached), "goal reached");
  EXPECT_EQ(Describe(EndReason::kFrameBudgetUsed), "frame budget used");
  EXPECT_EQ(Describe(EndReason::kUpdateBudgetUsed), "update budget used");
  EXPECT_EQ(Describe(EndReason::kTimeBudgetUsed), "time budget used");
}

}  // namespace
}  // namespace nyala
