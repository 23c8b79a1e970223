#include "deploy/launcher/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/base/stop_signals.h"
#include "deploy/exit_codes.h"
#include "deploy/launcher/descendants.h"
#include "deploy/launcher/signal_inbox.h"

namespace nyala {
namespace {

constexpr char kKeeperName[] = "nyala-keeper";

struct KeeperOptions {
  std::string name;  // of the child
  bool own_group = true;
  SecondSignal second = SecondSignal::kIsIgnored;
  // Whose death ends everything; 0: nobody's.
  pid_t parent = 0;
};

struct KeptEnd {
  int wait_status = 0;
  // Of the signal by which somebody insisted on the end; 0: nobody did.
  int insisted = 0;
};

// In the child. `lifeline` ends when the keeper does, whose only business the other end is.
void EndWithTheKeeper(int lifeline) {
  std::thread([lifeline] {
    pthread_setname_np(pthread_self(), "keeper-watch");
    char none = 0;
    while (read(lifeline, &none, 1) < 0 && errno == EINTR) {
    }
    KillDescendants();
    _exit(kExitFailed);
  }).detach();
}

class Keeper {
 public:
  explicit Keeper(KeeperOptions options)
      : options_(std::move(options)),
        signals_(options_.own_group ? std::vector<int>{SIGQUIT, SIGTSTP, SIGCONT}
                                    : std::vector<int>{SIGQUIT}) {}

  absl::StatusOr<KeptEnd> Run(const ChildBody& body) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int lifeline[2];
    if (pipe2(lifeline, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
    const absl::StatusOr<pid_t> pid = StartChild(
        {options_.name, 0, {lifeline[1], signals_.fd()}, options_.own_group},
        [&body, fd = lifeline[0]](StopSource& stop) {
          EndWithTheKeeper(fd);
          return body(stop);
        });
    close(lifeline[0]);
    if (pid.ok()) {
      child_ = *pid;
      while (!ended_) HandleNext();
      KillDescendants();
    }
    close(lifeline[1]);
    NYALA_RETURN_IF_ERROR(pid.status());
    return end_;
  }

 private:
  void HandleNext() {
    pollfd waiting = {signals_.fd(), POLLIN, 0};
    poll(&waiting, 1, -1);
    while (const int number = signals_.Take()) Handle(number);
  }

  void Handle(int number) {
    if (number == SIGCHLD) return Reap();
    // Not to be passed on to a process that has taken the child's number.
    if (ended_) return;
    if (number == SIGTSTP) kill(-child_, SIGSTOP);
    if (number == SIGCONT) kill(-child_, SIGCONT);
    const bool abandoned = options_.parent != 0 && getppid() != options_.parent;
    if (number == SIGQUIT || abandoned) kill(child_, SIGKILL);
    const StopRequest request = count_.Take(number, MonotonicSeconds());
    if (request == StopRequest::kOrderly) kill(child_, number);
    if (request == StopRequest::kAtOnce && options_.second == SecondSignal::kEndsProcess) {
      end_.insisted = number;
      kill(child_, SIGKILL);
    }
  }

  // The child, and whatever has lost its parent below.
  void Reap() {
    int status = 0;
    while (const pid_t pid = waitpid(-1, &status, WNOHANG)) {
      if (pid < 0) return;
      if (pid != child_) continue;
      end_.wait_status = status;
      ended_ = true;
    }
  }

  const KeeperOptions options_;
  SignalInbox signals_;
  StopSignalCount count_;
  pid_t child_ = 0;
  bool ended_ = false;
  KeptEnd end_;
};

// Ends this process as one with this status of wait(2) has ended.
[[noreturn]] void EndAs(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    // The child has left what there is to see of it.
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, nullptr);
    raise(number);
  }
  _exit(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : kExitFailed);
}

int Keep(const KeeperOptions& options, const ChildBody& body) {
  const absl::StatusOr<KeptEnd> end = Keeper(options).Run(body);
  if (end.ok()) EndAs(end->wait_status);
  LogLine(end.status().message());
  return kExitFailed;
}

}  // namespace

absl::StatusOr<pid_t> StartKeptChild(const ChildOptions& options, const ChildBody& body) {
  ChildOptions keeper = options;
  keeper.name = kKeeperName;
  // It takes this one, and sees by itself who is gone.
  keeper.death_signal = SIGTERM;
  KeeperOptions kept;
  kept.name = options.name;
  kept.parent = getpid();
  return StartBareChild(keeper, [&] { return Keep(kept, body); });
}

void EndKeptChild(pid_t keeper) { kill(keeper, SIGQUIT); }

int RunKept(const std::string& name, const std::string& who, const ChildBody& body) {
  KeeperOptions options;
  options.name = name;
  options.own_group = false;
  options.second = SecondSignal::kEndsProcess;
  const absl::StatusOr<KeptEnd> end = Keeper(options).Run(body);
  if (!end.ok()) {
    LogLine(end.status().message());
    return kExitFailed;
  }
  if (end->insisted != 0) return 128 + end->insisted;
  if (WIFEXITED(end->wait_status)) return WEXITSTATUS(end->wait_status);
  LogLine(absl::StrCat(who, " ", DescribeEnd(end->wait_status)));
  return kExitFailed;
}

}  // namespace nyala
