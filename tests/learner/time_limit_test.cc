#include "learner/time_limit.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/wait_until.h"

namespace nyala {
namespace {

LimitsConfig Seconds(double seconds) {
  LimitsConfig config;
  config.set_seconds(seconds);
  return config;
}

TEST(TimeLimit, RequestsAStopOnceTheTimeIsUsed) {
  StopSource stop;
  std::atomic<double> now{9.99};
  const TimeLimit limit(
      Seconds(10), [&] { return now.load(); }, stop);
  EXPECT_FALSE(stop.stop_requested());
  now = 10;
  EXPECT_TRUE(WaitUntil([&] { return stop.stop_requested(); }));
  EXPECT_EQ(stop.reason(), "time budget used");
}

// A resumed run that has none left.
TEST(TimeLimit, RequestsAStopAtOnceWhereNoneIsLeft) {
  StopSource stop;
  const TimeLimit limit(
      Seconds(10), [] { return 11.0; }, stop);
  EXPECT_TRUE(WaitUntil([&] { return stop.stop_requested(); }));
}

TEST(TimeLimit, WithoutABudgetNothingIsRequested) {
  StopSource stop;
  {
    const TimeLimit limit(
        Seconds(0), [] { return 1e12; }, stop);
  }
  EXPECT_FALSE(stop.stop_requested());
}

TEST(TimeLimit, EndsBeforeItsTime) {
  StopSource stop;
  {
    const TimeLimit limit(
        Seconds(1e300), [] { return 0.0; }, stop);
  }
  EXPECT_FALSE(stop.stop_requested());
}

}  // namespace
}  // namespace nyala
