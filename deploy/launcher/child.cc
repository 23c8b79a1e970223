#include "deploy/launcher/child.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/exception_text.h"
#include "common/system/log.h"
#include "common/system/stop_signals.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

int RunBody(const ChildBody& body) {
  // Outlives the signal thread, which is never joined.
  StopSource& stop = *new StopSource;
  InstallSignalHandlers(&stop, SecondSignal::kIsIgnored);
  try {
    return body(stop);
  } catch (...) {
    LogLine(ExceptionHeadline());
    return kExitFailed;
  }
}

[[noreturn]] void BecomeChild(const ChildOptions& options, pid_t parent,
                              const std::function<int()>& body) {
  prctl(PR_SET_PDEATHSIG, options.death_signal);
  // The parent may have died before it was asked to be told.
  if (getppid() != parent) _exit(kExitFailed);
  prctl(PR_SET_NAME, options.name.c_str());
  if (options.own_group) setpgid(0, 0);
  // Out of the terminal's foreground group, yet its lines may be seen.
  signal(SIGTTOU, SIG_IGN);
  for (const int fd : options.close_fds) close(fd);

  // These stay blocked until there is someone to take them.
  const sigset_t signals = StopSignalSet();
  sigprocmask(SIG_SETMASK, &signals, nullptr);
  const int status = body();
  std::fflush(nullptr);
  // Neither the supervisor's destructors nor LibTorch's are this process's to run.
  _exit(status);
}

}  // namespace

absl::StatusOr<pid_t> StartChild(const ChildOptions& options, const ChildBody& body) {
  return StartBareChild(options, [&body] { return RunBody(body); });
}

absl::StatusOr<pid_t> StartBareChild(const ChildOptions& options,
                                     const std::function<int()>& body) {
  // Else the child would write what is buffered again.
  std::fflush(nullptr);
  const pid_t parent = getpid();
  // Nothing may be lost between the fork and the child's own handlers.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) BecomeChild(options, parent, body);
  const int error = errno;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", options.name));
  }
  return pid;
}

std::string DescribeEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return absl::StrFormat("was killed by signal %d (%s)", number, strsignal(number));
  }
  return absl::StrFormat("exited with status %d", WEXITSTATUS(wait_status));
}

}  // namespace nyala
