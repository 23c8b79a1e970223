#include "deploy/launcher/keeper.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <new>
#include <string>

#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

// What the processes of a test tell each other.
struct Shared {
  std::atomic<int> child{0};
  std::atomic<int> keeper{0};
  // Started by the child: one in its group, and one that has left group, session and parent.
  std::atomic<int> helper{0};
  std::atomic<int> daemon{0};
};

constexpr auto kTick = std::chrono::milliseconds(1);
constexpr int kLimitTicks = 60'000;

bool Await(const std::function<bool()>& condition) {
  StopSource never;
  for (int i = 0; i < kLimitTicks; ++i) {
    if (condition()) return true;
    never.WaitFor(kTick);
  }
  return false;
}

[[noreturn]] void Stay() {
  while (true) pause();
}

bool IsGone(pid_t pid) { return kill(pid, 0) != 0; }

int EndOf(pid_t pid) {
  int status = -1;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}

class KeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    // Else what is left behind would stay for the tests' own parent to find.
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    shared_ = new (memory) Shared;
  }
  void TearDown() override {
    for (const pid_t pid : {shared_->helper.load(), shared_->daemon.load()}) {
      if (pid != 0) kill(pid, SIGKILL);
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    munmap(shared_, sizeof(Shared));
  }

  // As an environment may.
  void StartOthers() {
    const pid_t helper = fork();
    if (helper == 0) Stay();
    shared_->helper = helper;
    if (fork() == 0) {
      setsid();
      const pid_t daemon = fork();
      if (daemon == 0) Stay();
      shared_->daemon = daemon;
      _exit(0);
    }
    Await([this] { return shared_->daemon != 0; });
    shared_->keeper = getppid();
    shared_->child = getpid();
  }
  pid_t Start(const ChildBody& body) {
    const auto keeper = StartKeptChild({"kept", 0, {}}, body);
    EXPECT_TRUE(keeper.ok()) << keeper.status();
    return *keeper;
  }
  // Starts others, then stays until it is told to stop.
  pid_t StartOneThatStays() {
    const pid_t keeper = Start([this](StopSource& stop) {
      StartOthers();
      return stop.WaitFor(std::chrono::seconds(60)) ? 7 : 8;
    });
    EXPECT_TRUE(Await([this] { return shared_->child != 0; }));
    return keeper;
  }
  // Zombies of this process, which is their last parent, do not count.
  bool AreGone() {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return IsGone(shared_->helper) && IsGone(shared_->daemon) && IsGone(shared_->child);
  }

  Shared* shared_ = nullptr;
};

TEST_F(KeeperTest, EndsAsItsChildDoesAndLeavesNothing) {
  const pid_t keeper = Start([this](StopSource&) {
    StartOthers();
    return 42;
  });
  const int status = EndOf(keeper);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_TRUE(AreGone());
}

TEST_F(KeeperTest, ACrashLeavesNothingAndIsSeen) {
  const pid_t keeper = Start([this](StopSource&) {
    StartOthers();
    prctl(PR_SET_DUMPABLE, 0);
    // A sanitizer's handler would make an exit of it.
    signal(SIGSEGV, SIG_DFL);
    return raise(SIGSEGV);
  });
  const int status = EndOf(keeper);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
  EXPECT_TRUE(AreGone());
}

TEST_F(KeeperTest, AKilledChildLeavesNothing) {
  const pid_t keeper = StartOneThatStays();
  kill(shared_->child, SIGKILL);
  const int status = EndOf(keeper);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(AreGone());
}

TEST_F(KeeperTest, AKilledKeeperLeavesNothingButWhatHadLeftItsParent) {
  const pid_t keeper = StartOneThatStays();
  kill(keeper, SIGKILL);
  EndOf(keeper);
  EXPECT_TRUE(Await([this] {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return IsGone(shared_->helper) && IsGone(shared_->child);
  }));
}

TEST_F(KeeperTest, PassesARequestToStopOn) {
  const pid_t keeper = StartOneThatStays();
  kill(keeper, SIGTERM);
  EXPECT_EQ(WEXITSTATUS(EndOf(keeper)), 7);
  EXPECT_TRUE(AreGone());
}

TEST_F(KeeperTest, IsToldToKillAllAtOnce) {
  const pid_t keeper = Start([this](StopSource&) -> int {
    StartOthers();
    Stay();
  });
  ASSERT_TRUE(Await([this] { return shared_->child != 0; }));
  EndKeptChild(keeper);
  EXPECT_EQ(WTERMSIG(EndOf(keeper)), SIGKILL);
  EXPECT_TRUE(AreGone());
}

// As `kill -9` of a supervisor.
TEST_F(KeeperTest, TheDeathOfItsParentLeavesNothing) {
  const pid_t parent = fork();
  if (parent == 0) {
    StartOneThatStays();
    Stay();
  }
  ASSERT_TRUE(Await([this] { return shared_->child != 0; }));
  kill(parent, SIGKILL);
  EndOf(parent);
  EXPECT_TRUE(Await([this] { return AreGone(); }));
}

// RunKept makes its caller a keeper: in a process of its own.
TEST_F(KeeperTest, RunKeptGivesTheStatusAndLeavesNothing) {
  const pid_t caller = fork();
  if (caller == 0) {
    _exit(RunKept("kept", "the test", [this](StopSource&) {
      StartOthers();
      return 5;
    }));
  }
  EXPECT_EQ(WEXITSTATUS(EndOf(caller)), 5);
  EXPECT_TRUE(AreGone());
}

// Whichever of the three is killed, nothing is left.
TEST_F(KeeperTest, RunKeptLeavesNothingWhoeverIsKilled) {
  for (const char* who : {"child", "keeper", "caller"}) {
    shared_->child = 0;
    shared_->daemon = 0;
    const pid_t caller = fork();
    if (caller == 0) {
      // It says what it saw, which is not looked at here.
      close(STDERR_FILENO);
      _exit(RunKept("kept", "the test", [this](StopSource&) -> int {
        StartOthers();
        Stay();
      }));
    }
    ASSERT_TRUE(Await([this] { return shared_->child != 0; })) << who;
    const std::string name = who;
    kill(name == "child"    ? shared_->child.load()
         : name == "keeper" ? shared_->keeper.load()
                            : caller,
         SIGKILL);
    EndOf(caller);
    EXPECT_TRUE(Await([this] { return AreGone(); })) << who;
  }
}

TEST_F(KeeperTest, RunKeptSaysWhatKilledTheChild) {
  testing::internal::CaptureStderr();
  const int status = RunKept("kept", "the test", [](StopSource&) { return raise(SIGKILL); });
  EXPECT_EQ(status, kExitFailed);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "nyala: the test was killed by signal 9 (Killed)\n");
}

TEST_F(KeeperTest, RunKeptEndsAtOnceForWhoInsists) {
  const pid_t caller = fork();
  if (caller == 0) {
    _exit(RunKept("kept", "the test", [this](StopSource&) -> int {
      StartOthers();
      Stay();
    }));
  }
  ASSERT_TRUE(Await([this] { return shared_->child != 0; }));
  int status = 0;
  EXPECT_TRUE(Await([&] {
    kill(caller, SIGINT);
    return waitpid(caller, &status, WNOHANG) == caller;
  }));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_TRUE(AreGone());
}

}  // namespace
}  // namespace nyala
