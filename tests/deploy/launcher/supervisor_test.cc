#include "deploy/launcher/supervisor.h"

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

namespace nyala {
namespace {

// What the processes of a test tell each other.
struct Shared {
  std::atomic<int> learner_pid{0};
  std::atomic<int> actor_pid{0};
  std::atomic<int> actor_lives{0};
  std::atomic<int> learner_lives{0};
  std::atomic<int> actors_stopped{0};
  std::atomic<bool> listening{false};
  std::atomic<bool> actor_before_listening{false};
  std::atomic<bool> learner_stopped{false};
};

constexpr auto kTick = std::chrono::milliseconds(1);
constexpr int kLimitTicks = 60'000;

// Waits in a child until `ready` holds or a stop is requested; whether it held.
bool Await(StopSource& stop, const std::function<bool()>& ready) {
  for (int i = 0; i < kLimitTicks && !ready(); ++i) {
    if (stop.WaitFor(kTick)) break;
  }
  return ready();
}

bool AwaitStop(StopSource& stop) { return stop.WaitFor(std::chrono::seconds(60)); }

// A child that does not listen to anybody.
int HangForever() {
  while (true) pause();
}

// A child that goes on signalling the supervisor.
int InsistForever() {
  StopSource never;
  while (true) {
    kill(getppid(), SIGTERM);
    never.WaitFor(std::chrono::milliseconds(20));
  }
}

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    signal(SIGHUP, SIG_DFL);  // ignored when the tests run under nohup
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    shared_ = new (memory) Shared;
    options_.actors = 2;
    options_.learner = [this](StopSource& stop, int ready_fd, int) {
      Listen(ready_fd);
      return Await(stop, [this] { return shared_->actor_lives >= 2; }) ? 0 : 1;
    };
    options_.actor = [this](StopSource& stop, int) {
      ++shared_->actor_lives;
      AwaitStop(stop);
      ++shared_->actors_stopped;
      return 0;
    };
  }
  void TearDown() override { munmap(shared_, sizeof(Shared)); }

  void Listen(int ready_fd) {
    shared_->listening = true;
    ASSERT_EQ(write(ready_fd, "unix:x\n", 7), 7);
    close(ready_fd);
  }

  SupervisorResult Run() {
    SignalInbox signals;
    const auto result = Supervisor(options_, &signals).Run();
    EXPECT_TRUE(result.ok()) << result.status();
    return *result;
  }

  Shared* shared_ = nullptr;
  SupervisorOptions options_;
};

TEST_F(SupervisorTest, ActorsStartWhenTheLearnerListensAndStopWhenItEnds) {
  const auto actor = options_.actor;
  options_.actor = [this, actor](StopSource& stop, int index) {
    if (!shared_->listening) shared_->actor_before_listening = true;
    return actor(stop, index);
  };
  const SupervisorResult result = Run();
  EXPECT_EQ(result.learner_status, 0);
  EXPECT_FALSE(result.interrupted);
  EXPECT_FALSE(result.gave_up);
  EXPECT_FALSE(shared_->actor_before_listening);
  EXPECT_EQ(shared_->actors_stopped, 2);
  ASSERT_EQ(result.actor_peak_rss_bytes.size(), 2u);
  EXPECT_GT(result.actor_peak_rss_bytes[0], 100'000);
}

TEST_F(SupervisorTest, LearnerThatCannotListenEndsTheRunWithItsStatus) {
  options_.learner = [](StopSource&, int, int) { return 2; };
  const SupervisorResult result = Run();
  EXPECT_EQ(WEXITSTATUS(result.learner_status), 2);
  EXPECT_EQ(shared_->actor_lives, 0);
}

TEST_F(SupervisorTest, KilledActorIsRestarted) {
  options_.actors = 1;
  options_.actor = [this](StopSource& stop, int) {
    if (++shared_->actor_lives == 1) kill(getpid(), SIGKILL);
    AwaitStop(stop);
    return 0;
  };
  const SupervisorResult result = Run();
  EXPECT_EQ(result.learner_status, 0);
  EXPECT_EQ(shared_->actor_lives, 2);
  EXPECT_FALSE(result.gave_up);
}

TEST_F(SupervisorTest, ActorThatKnowsTheRunIsOverIsNotRestarted) {
  options_.actors = 1;
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    const auto gone = [this] {
      return shared_->actor_pid != 0 && kill(shared_->actor_pid, 0) != 0;
    };
    return Await(stop, gone) ? 0 : 1;
  };
  options_.actor = [this](StopSource&, int) {
    ++shared_->actor_lives;
    shared_->actor_pid = getpid();
    return 0;
  };
  EXPECT_EQ(Run().learner_status, 0);
  EXPECT_EQ(shared_->actor_lives, 1);
}

TEST_F(SupervisorTest, ActorThatSomebodyElseStoppedOrThatExitsIsRestarted) {
  options_.actors = 1;
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    return Await(stop, [this] { return shared_->actor_lives >= 3; }) ? 0 : 1;
  };
  options_.actor = [this](StopSource& stop, int) {
    const int life = ++shared_->actor_lives;
    // As a simulator may.
    if (life == 1) _exit(0);
    if (life == 2) kill(getpid(), SIGTERM);
    AwaitStop(stop);
    return 0;
  };
  const SupervisorResult result = Run();
  EXPECT_EQ(result.learner_status, 0);
  EXPECT_EQ(shared_->actor_lives, 3);
  EXPECT_EQ(result.actor_restarts, 2);
}

TEST_F(SupervisorTest, ActorThatKeepsDyingEndsTheRun) {
  options_.actors = 1;
  options_.restart_limit = 3;
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    return AwaitStop(stop) ? 0 : 1;
  };
  options_.actor = [this](StopSource&, int) {
    ++shared_->actor_lives;
    return 1;
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(result.gave_up);
  EXPECT_EQ(result.learner_status, 0);
  EXPECT_EQ(shared_->actor_lives, 4);
}

TEST_F(SupervisorTest, KilledLearnerStopsTheActors) {
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    Await(stop, [this] { return shared_->actor_lives >= 2; });
    return kill(getpid(), SIGKILL);
  };
  const SupervisorResult result = Run();
  ASSERT_TRUE(WIFSIGNALED(result.learner_status));
  EXPECT_EQ(WTERMSIG(result.learner_status), SIGKILL);
  EXPECT_EQ(shared_->actors_stopped, 2);
  EXPECT_EQ(shared_->actor_lives, 2);
}

TEST_F(SupervisorTest, LearnerThatCrashesIsStartedAgainAndItsActorsStay) {
  options_.learner_restart_limit = 3;
  options_.learner = [this](StopSource& stop, int ready_fd, int restarts) -> int {
    // The first one does not even get so far as to listen.
    if (restarts == 0) return kill(getpid(), SIGKILL);
    Listen(ready_fd);
    Await(stop, [this] { return shared_->actor_lives >= 2; });
    if (restarts == 1) return kill(getpid(), SIGKILL);
    // As a library that gives up.
    if (restarts == 2) _exit(77);
    return 0;
  };
  const SupervisorResult result = Run();
  EXPECT_EQ(result.learner_status, 0);
  EXPECT_EQ(result.learner_restarts, 3);
  EXPECT_EQ(result.actor_restarts, 0);
  EXPECT_EQ(shared_->actor_lives, 2);
  EXPECT_EQ(shared_->actors_stopped, 2);
}

TEST_F(SupervisorTest, LearnerThatCrashesTooOftenEndsTheRun) {
  options_.learner_restart_limit = 2;
  options_.learner = [this](StopSource&, int ready_fd, int) {
    ++shared_->learner_lives;
    Listen(ready_fd);
    return kill(getpid(), SIGKILL);
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(WIFSIGNALED(result.learner_status));
  EXPECT_EQ(result.learner_restarts, 2);
  EXPECT_EQ(shared_->learner_lives, 3);
}

TEST_F(SupervisorTest, LearnerThatSaysThatItFailedIsNotStartedAgain) {
  options_.learner_restart_limit = 3;
  options_.learner = [this](StopSource&, int ready_fd, int) {
    ++shared_->learner_lives;
    Listen(ready_fd);
    return 1;
  };
  const SupervisorResult result = Run();
  EXPECT_EQ(WEXITSTATUS(result.learner_status), 1);
  EXPECT_EQ(shared_->learner_lives, 1);
}

TEST_F(SupervisorTest, LearnerThatCrashesWhileItIsToStopIsNotStartedAgain) {
  options_.learner_restart_limit = 3;
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    ++shared_->learner_lives;
    Listen(ready_fd);
    kill(getppid(), SIGTERM);
    AwaitStop(stop);
    return kill(getpid(), SIGKILL);
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(result.interrupted);
  EXPECT_TRUE(WIFSIGNALED(result.learner_status));
  EXPECT_EQ(shared_->learner_lives, 1);
}

TEST_F(SupervisorTest, SignalLetsTheLearnerFinishInItsOwnTime) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    options_.learner = [this, number](StopSource& stop, int ready_fd, int) {
      Listen(ready_fd);
      kill(getppid(), number);
      if (!AwaitStop(stop)) return 1;
      return stop.reason() == StopReason(number) ? 4 : 1;
    };
    const SupervisorResult result = Run();
    EXPECT_TRUE(result.interrupted) << number;
    EXPECT_EQ(WEXITSTATUS(result.learner_status), 4) << number;
  }
}

TEST_F(SupervisorTest, SignalBeforeTheLearnerListensStartsNoActors) {
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    kill(getppid(), SIGTERM);
    AwaitStop(stop);
    Listen(ready_fd);
    return 4;
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(shared_->actor_lives, 0);
}

TEST_F(SupervisorTest, SecondSignalKillsWhatDoesNotStop) {
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    Await(stop, [this] { return shared_->actor_lives >= 2; });
    kill(getppid(), SIGINT);
    AwaitStop(stop);
    // It counts once it comes more than a second after the first.
    return InsistForever();
  };
  options_.actor = [this](StopSource&, int) {
    ++shared_->actor_lives;
    return HangForever();
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(result.interrupted);
  ASSERT_TRUE(WIFSIGNALED(result.learner_status));
  EXPECT_EQ(WTERMSIG(result.learner_status), SIGKILL);
}

// As a terminal that closes does: twice at once.
TEST_F(SupervisorTest, HangUpsAreOneRequestHoweverMany) {
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    Await(stop, [this] { return shared_->actor_lives >= 2; });
    kill(getppid(), SIGHUP);
    if (!AwaitStop(stop)) return 1;
    // The supervisor has taken the first one; actors are killed if another one counts.
    for (int i = 0; i < 20; ++i) kill(getppid(), SIGHUP);
    return 4;
  };
  const SupervisorResult result = Run();
  EXPECT_TRUE(result.interrupted);
  ASSERT_TRUE(WIFEXITED(result.learner_status));
  EXPECT_EQ(WEXITSTATUS(result.learner_status), 4);
  EXPECT_EQ(shared_->actors_stopped, 2);
}

TEST_F(SupervisorTest, ActorsThatDoNotStopAreKilled) {
  options_.actor_grace_seconds = 0.01;
  options_.actor = [this](StopSource&, int) {
    ++shared_->actor_lives;
    return HangForever();
  };
  EXPECT_EQ(Run().learner_status, 0);
  EXPECT_EQ(shared_->actors_stopped, 0);
}

// The supervisor dies as by kill -9; this process becomes its children's parent and sees their end.
TEST_F(SupervisorTest, NoChildSurvivesAKilledSupervisor) {
  options_.actors = 1;
  options_.learner = [this](StopSource& stop, int ready_fd, int) {
    Listen(ready_fd);
    shared_->learner_pid = getpid();
    shared_->learner_stopped = AwaitStop(stop);
    return 0;
  };
  options_.actor = [this](StopSource&, int) {
    shared_->actor_pid = getpid();
    return HangForever();
  };
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t supervisor = fork();
  ASSERT_GE(supervisor, 0);
  if (supervisor == 0) {
    Run();
    _exit(0);
  }
  StopSource never;
  ASSERT_TRUE(Await(never, [this] { return shared_->actor_pid != 0; }));
  kill(supervisor, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(supervisor, &status, 0), supervisor);
  // Its keeper sees to it.
  EXPECT_TRUE(Await(never, [this] { return kill(shared_->actor_pid, 0) != 0; }));
  EXPECT_EQ(waitpid(shared_->learner_pid, &status, 0), shared_->learner_pid);
  EXPECT_TRUE(shared_->learner_stopped);
}

}  // namespace
}  // namespace nyala
