// SignalInbox: the signals of a single-threaded process as things to read, so that no handler does
// work.
//
// While it lives SIGINT, SIGTERM, SIGHUP (unless ignored, as under nohup), SIGTSTP and SIGCHLD do
// nothing but appear here; its end drops what is unread and restores the mask from before. One
// owner, one thread.
#pragma once

#include <signal.h>

namespace nyala {

class SignalInbox {
 public:
  SignalInbox();
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
