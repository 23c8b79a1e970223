#include "common/system/stop_signals.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(StopSignalCount, TheFirstOfAnyKindAsksForAnOrderlyEnd) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EQ(StopSignalCount().Take(number, 100), StopRequest::kOrderly);
  }
}

TEST(StopSignalCount, WhatIsNoRequestToStopIsNone) {
  StopSignalCount count;
  EXPECT_EQ(count.Take(SIGCHLD, 100), StopRequest::kNone);
  EXPECT_EQ(count.Take(SIGTERM, 101), StopRequest::kOrderly);
}

TEST(StopSignalCount, WhatComesWithinASecondIsTheSameRequest) {
  StopSignalCount count;
  count.Take(SIGTERM, 100);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EQ(count.Take(number, 100.0001), StopRequest::kNone);
    EXPECT_EQ(count.Take(number, 101), StopRequest::kNone);
  }
}

TEST(StopSignalCount, ALaterInterruptOrTerminationInsists) {
  for (const int first : {SIGINT, SIGTERM, SIGHUP}) {
    for (const int second : {SIGINT, SIGTERM}) {
      StopSignalCount count;
      count.Take(first, 100);
      count.Take(second, 100.5);
      EXPECT_EQ(count.Take(second, 101.1), StopRequest::kAtOnce);
    }
  }
}

TEST(StopSignalCount, AHangUpNeverInsists) {
  StopSignalCount count;
  count.Take(SIGHUP, 100);
  for (double now = 100; now < 200; now += 0.7) {
    EXPECT_EQ(count.Take(SIGHUP, now), StopRequest::kNone);
  }
}

TEST(StopSignals, AHangUpThatIsIgnoredIsLeftAlone) {
  const auto before = signal(SIGHUP, SIG_IGN);
  EXPECT_EQ(StopSignals().size(), 2u);
  sigset_t set = StopSignalSet();
  EXPECT_EQ(sigismember(&set, SIGHUP), 0);
  signal(SIGHUP, SIG_DFL);
  EXPECT_EQ(StopSignals().size(), 3u);
  set = StopSignalSet();
  EXPECT_EQ(sigismember(&set, SIGHUP), 1);
  signal(SIGHUP, before);
}

}  // namespace
}  // namespace nyala
