#include "common/base/stop.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "common/base/thread.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

constexpr auto kLong = std::chrono::seconds(60);

TEST(StopSourceTest, TheFirstReasonWins) {
  StopSource stop;
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_EQ(stop.reason(), "");
  stop.RequestStop("first");
  stop.RequestStop("second");
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(stop.reason(), "first");
}

TEST(StopSourceTest, CallbacksRunOnceAndLateOnesAtOnce) {
  StopSource stop;
  int early = 0;
  int late = 0;
  stop.OnStop([&] { ++early; });
  EXPECT_EQ(early, 0);
  stop.RequestStop("enough");
  stop.RequestStop("again");
  EXPECT_EQ(early, 1);
  stop.OnStop([&] { ++late; });
  EXPECT_EQ(late, 1);
}

TEST(StopSourceTest, CallbacksRunOutsideTheLock) {
  StopSource stop;
  std::string seen;
  stop.OnStop([&] { seen = stop.reason(); });
  stop.RequestStop("enough");
  EXPECT_EQ(seen, "enough");
}

TEST(StopSourceTest, AWaiterIsWoken) {
  StopSource stop;
  bool woken = false;
  {
    Thread waiter("waiter", [&] { woken = stop.WaitFor(kLong); });
    stop.RequestStop("enough");
  }
  EXPECT_TRUE(woken);
  EXPECT_TRUE(stop.WaitFor(kLong));
}

TEST(StopSourceTest, AWaitWithoutAStopEndsByItself) {
  StopSource stop;
  EXPECT_FALSE(stop.WaitFor(std::chrono::milliseconds(1)));
}

// Signal handlers are installed once per process and for good: in a process of their own.
[[noreturn]] void StopBySignals(int signal_number, int times) {
  static StopSource& stop = *new StopSource;
  InstallSignalHandlers(&stop);
  for (int i = 0; i < times; ++i) {
    kill(getpid(), signal_number);
    if (!stop.WaitFor(kLong)) _exit(99);
  }
  // The second signal ends the process while this waits.
  if (times > 1) pause();
  std::fprintf(stderr, "%s\n", stop.reason().c_str());
  _exit(0);
}

TEST(SignalHandlersDeathTest, SignalsRequestAStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(StopBySignals(SIGTERM, 1), testing::ExitedWithCode(0), "terminated \\(SIGTERM\\)");
  EXPECT_EXIT(StopBySignals(SIGINT, 1), testing::ExitedWithCode(0), "interrupted \\(SIGINT\\)");
}

TEST(SignalHandlersDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(StopBySignals(SIGTERM, 2), testing::ExitedWithCode(143), "");
  EXPECT_EXIT(StopBySignals(SIGINT, 2), testing::ExitedWithCode(130), "");
}

// A thread that a library started when it was loaded blocks nothing.
[[noreturn]] void SignalAThreadOlderThanTheHandlers() {
  static StopSource& stop = *new StopSource;
  std::thread older([] {
    while (true) pause();
  });
  InstallSignalHandlers(&stop);
  pthread_kill(older.native_handle(), SIGTERM);
  if (!stop.WaitFor(kLong)) _exit(99);
  std::fprintf(stderr, "%s\n", stop.reason().c_str());
  _exit(0);
}

TEST(SignalHandlersDeathTest, ASignalThatAnOlderThreadGetsRequestsAStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(SignalAThreadOlderThanTheHandlers(), testing::ExitedWithCode(0), "terminated");
}

}  // namespace
}  // namespace nyala
