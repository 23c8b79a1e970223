#include "deploy/launcher/signal_inbox.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/system/stop_signals.h"

namespace nyala {

SignalInbox::SignalInbox(const std::vector<int>& more) {
  sigset_t signals = StopSignalSet();
  sigaddset(&signals, SIGCHLD);
  for (const int number : more) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, &before_);
  fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  NYALA_CHECK(fd_ >= 0, "signalfd failed");
}

SignalInbox::~SignalInbox() {
  while (Take() != 0) {
  }
  close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int SignalInbox::Take() {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof(info)) != sizeof(info)) return 0;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace nyala
