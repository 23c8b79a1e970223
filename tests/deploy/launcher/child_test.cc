#include "deploy/launcher/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

constexpr std::chrono::seconds kLimit(60);

int EndOf(pid_t pid) {
  int status = -1;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}

TEST(StartChild, ExitsWithWhatItsBodyReturns) {
  const auto pid = StartChild({"child", SIGKILL, {}}, [](StopSource&) { return 42; });
  ASSERT_TRUE(pid.ok());
  const int status = EndOf(*pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(StartChild, HasItsNameAndAProcessGroupOfItsOwn) {
  const auto pid = StartChild({"nyala-test-chil", SIGKILL, {}}, [](StopSource&) {
    char name[64] = {};
    std::FILE* file = std::fopen("/proc/self/comm", "r");
    if (file == nullptr || std::fgets(name, sizeof(name), file) == nullptr) return 1;
    if (std::string(name) != "nyala-test-chil\n") return 2;
    return getpgrp() == getpid() ? 0 : 3;
  });
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(EndOf(*pid), 0);
}

TEST(StartChild, SignalRequestsAStopHoweverEarlyItComes) {
  const auto pid = StartChild({"child", SIGKILL, {}},
                              [](StopSource& stop) { return stop.WaitFor(kLimit) ? 5 : 6; });
  ASSERT_TRUE(pid.ok());
  kill(*pid, SIGTERM);
  EXPECT_EQ(WEXITSTATUS(EndOf(*pid)), 5);
}

TEST(StartChild, ExceptionIsAFailure) {
  const auto pid = StartChild({"child", SIGKILL, {}},
                              [](StopSource&) -> int { throw std::runtime_error("a\nb"); });
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(WEXITSTATUS(EndOf(*pid)), kExitFailed);
}

TEST(StartChild, ClosesWhatIsNotItsBusiness) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto pid = StartChild({"child", SIGKILL, {ends[1]}}, [fd = ends[1]](StopSource&) {
    return write(fd, "x", 1) == 1 ? 1 : 0;
  });
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(EndOf(*pid), 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(DescribeEnd, NamesStatusAndSignal) {
  const auto exits = StartChild({"child", SIGKILL, {}}, [](StopSource&) { return 3; });
  EXPECT_EQ(DescribeEnd(EndOf(*exits)), "exited with status 3");
  const auto dies = StartChild({"child", SIGKILL, {}}, [](StopSource&) {
    kill(getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(DescribeEnd(EndOf(*dies)), "was killed by signal 9 (Killed)");
}

}  // namespace
}  // namespace nyala
