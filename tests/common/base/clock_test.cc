#include "common/base/clock.h"

#include <ctime>

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(ClockTest, MonotonicNeverGoesBack) {
  double last = MonotonicSeconds();
  for (int i = 0; i < 1000; ++i) {
    const double now = MonotonicSeconds();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, WallTimeIsTheEpochs) {
  const auto before = static_cast<double>(std::time(nullptr));
  const double wall = WallSeconds();
  // std::time may come from a coarser clock that lags by a tick.
  EXPECT_GE(wall, before - 1);
  EXPECT_LE(wall, static_cast<double>(std::time(nullptr)) + 2);
}

TEST(ClockTest, TheProcessStartedInThePastAndAlwaysAtTheSameTime) {
  const double start = ProcessStartSeconds();
  // The kernel counts starts in ticks of 10 ms.
  EXPECT_LE(start, MonotonicSeconds() + 0.02);
  EXPECT_NEAR(ProcessStartSeconds(), start, 0.02);
}

}  // namespace
}  // namespace nyala
