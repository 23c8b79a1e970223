#include "common/system/stop.h"

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
[[noreturn]] void StopBySignal(int signal_number) {
  signal(SIGHUP, SIG_DFL);  // ignored when the tests run under nohup
  static StopSource& stop = *new StopSource;
  InstallSignalHandlers(&stop);
  kill(getpid(), signal_number);
  if (!stop.WaitFor(kLong)) _exit(99);
  std::fprintf(stderr, "%s\n", stop.reason().c_str());
  _exit(0);
}

// Signals until something ends the process, which nothing but the second one's rule does.
[[noreturn]] void InsistBySignals(int signal_number) {
  static StopSource& stop = *new StopSource;
  InstallSignalHandlers(&stop);
  StopSource never;
  while (!never.WaitFor(std::chrono::milliseconds(20))) kill(getpid(), signal_number);
  _exit(99);
}

bool IsPending(int signal_number) {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, signal_number) == 1;
}

// As a terminal that closes does, twice at once; and some more.
[[noreturn]] void HangUpOftenAtOnce() {
  signal(SIGHUP, SIG_DFL);
  static StopSource& stop = *new StopSource;
  InstallSignalHandlers(&stop);
  StopSource never;
  for (int i = 0; i < 20; ++i) {
    kill(getpid(), SIGHUP);
    while (IsPending(SIGHUP)) never.WaitFor(std::chrono::milliseconds(1));
  }
  std::fprintf(stderr, "%s\n", stop.reason().c_str());
  _exit(0);
}

TEST(SignalHandlersDeathTest, SignalsRequestAStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(StopBySignal(SIGTERM), testing::ExitedWithCode(0), "terminated \\(SIGTERM\\)");
  EXPECT_EXIT(StopBySignal(SIGINT), testing::ExitedWithCode(0), "interrupted \\(SIGINT\\)");
  EXPECT_EXIT(StopBySignal(SIGHUP), testing::ExitedWithCode(0), "hung up \\(SIGHUP\\)");
}

TEST(SignalHandlersDeathTest, WhoGoesOnSignallingEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(InsistBySignals(SIGTERM), testing::ExitedWithCode(143), "");
  EXPECT_EXIT(InsistBySignals(SIGINT), testing::ExitedWithCode(130), "");
}

TEST(SignalHandlersDeathTest, HangUpsAreOneRequestHoweverMany) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(HangUpOftenAtOnce(), testing::ExitedWithCode(0), "hung up");
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
