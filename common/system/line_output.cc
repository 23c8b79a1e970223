#include "common/system/line_output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nyala {
namespace {

// The same file through a description of our own, which may have flags of its own; -1 if the system
// will not. As for any terminal, it must not become this process's controlling one.
int OpenAgain(int fd) {
  return open(absl::StrCat("/proc/self/fd/", fd).c_str(),
              O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY | O_CLOEXEC);
}

bool HasRoom(int fd) {
  pollfd waiting = {fd, POLLOUT, 0};
  return poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0;
}

}  // namespace

LineOutput::~LineOutput() {
  if (own_fd_ >= 0) close(own_fd_);
}

void LineOutput::SetPrefix(const std::string& prefix) {
  MutexLock lock(mu_);
  prefix_ = prefix;
}

std::string LineOutput::prefix() const {
  MutexLock lock(mu_);
  return prefix_;
}

void LineOutput::Write(absl::string_view text) {
  MutexLock lock(mu_);
  if (SayWhatIsLost() && Put(text)) return;
  lost_ += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

void LineOutput::Draw(absl::string_view text) {
  MutexLock lock(mu_);
  if (SayWhatIsLost()) Put(text);
}

uint64_t LineOutput::lost() const {
  MutexLock lock(mu_);
  return lost_;
}

// Whether nothing is missing any more.
bool LineOutput::SayWhatIsLost() {
  if (lost_ == 0) return true;
  const uint64_t said = lost_;
  const std::string line =
      absl::StrCat(prefix_, said, said == 1 ? " line is" : " lines are",
                   " missing here: nobody read them, and nothing waits for a reader\n");
  if (!Put(line)) return false;
  lost_ -= said;
  return true;
}

// Whether it is out, or will be before anything else.
bool LineOutput::Put(absl::string_view text) {
  ChooseWay();
  while (!rest_.empty()) {
    const ssize_t count = WriteSome(rest_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) {
      rest_.clear();  // there is nobody to complete it for
      return true;
    }
    rest_.erase(0, static_cast<size_t>(count));
  }
  for (bool begun = false; !text.empty(); begun = true) {
    const ssize_t count = WriteSome(text);
    if (count < 0 && errno == EINTR) continue;
    // A reader that has gone away misses nothing.
    if (count < 0 && errno != EAGAIN) return true;
    if (count < 0 && !begun) return false;
    if (count < 0) {
      rest_ = std::string(text);
      return true;
    }
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void LineOutput::ChooseWay() {
  struct stat now {};
  if (fstat(fd_, &now) != 0) now = {};
  if (way_ != Way::kNone && now.st_dev == file_.st_dev && now.st_ino == file_.st_ino &&
      now.st_rdev == file_.st_rdev) {
    return;
  }
  // It was redirected: what is left belonged to the other file.
  if (way_ != Way::kNone) rest_.clear();
  if (own_fd_ >= 0) close(std::exchange(own_fd_, -1));
  file_ = now;
  way_ = Way::kPlain;
  if (S_ISSOCK(now.st_mode)) way_ = Way::kSend;
  if (S_ISFIFO(now.st_mode) || isatty(fd_) == 1) {
    own_fd_ = OpenAgain(fd_);
    way_ = own_fd_ >= 0 ? Way::kOwn : Way::kPoll;
  }
}

ssize_t LineOutput::WriteSome(absl::string_view text) {
  switch (way_) {
    case Way::kOwn:
      return write(own_fd_, text.data(), text.size());
    case Way::kSend:
      return send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Way::kPoll:
      if (!HasRoom(fd_)) {
        errno = EAGAIN;
        return -1;
      }
      // What a pipe with room takes in any case.
      return write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    case Way::kPlain:
    case Way::kNone:
      break;
  }
  return write(fd_, text.data(), text.size());
}

LineOutput& StandardError() {
  static LineOutput& output = *new LineOutput(STDERR_FILENO);
  return output;
}

}  // namespace nyala
