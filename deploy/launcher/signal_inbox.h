// SignalInbox: the signals of a single-threaded process as things to read, so that no handler does
// work.
//
// While it lives the signals of common/system/stop_signals.h, SIGCHLD and those named do nothing
// but appear here; its end drops what is unread and restores the mask from before. One owner, one
// thread.
#pragma once

#include <signal.h>

#include <vector>

namespace nyala {

class SignalInbox {
 public:
  explicit SignalInbox(const std::vector<int>& more = {SIGTSTP});
  ~SignalInbox();
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;

  // Readable when there is a signal.
  int fd() const { return fd_; }
  // The next signal, or 0 when there is none. Never blocks.
  int Take();

 private:
  sigset_t before_;
  int fd_ = -1;
};

}  // namespace nyala
