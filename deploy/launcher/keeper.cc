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
#include "common/base/status_macros.h"
#include "common/system/log.h"
#include "common/system/stop_signals.h"
#include "deploy/launcher/descendants.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/signal_inbox.h"

namespace nyala {
namespace {

constexpr char kKeeperName[] = "nyala-keeper";

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

// What a keeper takes beside requests to stop. A terminal stops a child in its group by itself.
std::vector<int> KeeperSignals(bool own_group) {
  if (own_group) return {SIGQUIT, SIGTSTP, SIGCONT};
  return {SIGQUIT};
}

class Keeper {
 public:
  // `options`: of the child. All ends when `parent` does.
  Keeper(const ChildOptions& options, pid_t parent)
      : options_(options), parent_(parent), signals_(KeeperSignals(options.own_group)) {}

  // The child's status of wait(2), when nothing of it is left.
  absl::StatusOr<int> Run(const ChildBody& body) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int lifeline[2];
    if (pipe2(lifeline, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
    // What else is not its business, the keeper has closed.
    const absl::StatusOr<pid_t> pid =
        StartChild({options_.name, 0, {lifeline[1], signals_.fd()}, options_.own_group},
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
    return wait_status_;
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
    if (number == SIGQUIT || getppid() != parent_) kill(child_, SIGKILL);
    // Who insists tells the parent, which then says SIGQUIT.
    const StopRequest request = count_.Take(number, MonotonicSeconds());
    if (request == StopRequest::kOrderly) kill(child_, number);
  }

  // The child, and whatever has lost its parent below.
  void Reap() {
    int status = 0;
    while (const pid_t pid = waitpid(-1, &status, WNOHANG)) {
      if (pid < 0) return;
      if (pid != child_) continue;
      wait_status_ = status;
      ended_ = true;
    }
  }

  const ChildOptions options_;
  const pid_t parent_;
  SignalInbox signals_;
  StopSignalCount count_;
  pid_t child_ = 0;
  bool ended_ = false;
  int wait_status_ = 0;
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

// What RunKept does while it waits.
struct Waited {
  int wait_status = 0;
  // The signal by which somebody insisted on the end; 0: nobody did.
  int insisted = 0;
};

Waited WaitForKeeper(pid_t keeper, SignalInbox* signals) {
  Waited waited;
  StopSignalCount count;
  while (waitpid(keeper, &waited.wait_status, WNOHANG) != keeper) {
    pollfd waiting = {signals->fd(), POLLIN, 0};
    poll(&waiting, 1, -1);
    while (const int number = signals->Take()) {
      const StopRequest request = count.Take(number, MonotonicSeconds());
      if (request == StopRequest::kOrderly) kill(keeper, number);
      if (request == StopRequest::kAtOnce) waited.insisted = number;
      if (request == StopRequest::kAtOnce || number == SIGQUIT) EndKeptChild(keeper);
    }
  }
  return waited;
}

}  // namespace

absl::StatusOr<pid_t> StartKeptChild(const ChildOptions& options, const ChildBody& body) {
  ChildOptions keeper = options;
  keeper.name = kKeeperName;
  // It takes this one, and sees by itself who is gone.
  keeper.death_signal = SIGTERM;
  return StartBareChild(keeper, [&, parent = getpid()] {
    const absl::StatusOr<int> wait_status = Keeper(options, parent).Run(body);
    if (wait_status.ok()) EndAs(*wait_status);
    LogLine(wait_status.status().message());
    return kExitFailed;
  });
}

void EndKeptChild(pid_t keeper) { kill(keeper, SIGQUIT); }

int RunKept(const std::string& name, const std::string& who, const ChildBody& body) {
  ChildOptions options;
  options.name = name;
  options.own_group = false;
  SignalInbox signals({SIGQUIT});
  options.close_fds = {signals.fd()};
  // Whatever a keeper that is killed leaves becomes ours.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const absl::StatusOr<pid_t> keeper = StartKeptChild(options, body);
  if (!keeper.ok()) {
    LogLine(keeper.status().message());
    return kExitFailed;
  }
  const Waited waited = WaitForKeeper(*keeper, &signals);
  KillDescendants();
  if (waited.insisted != 0) return 128 + waited.insisted;
  if (WIFEXITED(waited.wait_status)) return WEXITSTATUS(waited.wait_status);
  LogLine(absl::StrCat(who, " ", DescribeEnd(waited.wait_status)));
  return kExitFailed;
}

}  // namespace nyala
