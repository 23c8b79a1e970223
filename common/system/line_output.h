// LineOutput: lines for whoever reads a descriptor, who is never waited for.
//
// A full pipe that nobody reads, a terminal that is held by Ctrl-S, a log driver that is stuck:
// none of them can stop the writer. What does not fit at once is dropped and counted; when there is
// room again, one line says how many lines are missing. Each text is written by one call, so lines
// of several processes do not mix, and what was cut short (a terminal takes parts) is completed
// before anything else.
// The descriptor's own flags are left alone, because other processes share them: pipes and
// terminals are opened a second time, sockets are asked per call. Where that is impossible (no
// /proc, somebody else's terminal) poll(2) says whether there is room, which is as good with one
// writer at a time. Files are written as ever: a disk is waited for. Threads: any. Blocking: no. It
// works across a fork by a process that has one thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace nyala {

class LineOutput {
 public:
  // `fd` stays the caller's and may be redirected (dup2) at any time.
  explicit LineOutput(int fd) : fd_(fd) {}
  ~LineOutput();
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // Who speaks, "nyala learner: ": begins the line that says how many are missing.
  void SetPrefix(const std::string& prefix);
  std::string prefix() const;
  // `text`: whole lines, with their newlines.
  void Write(absl::string_view text);
  // What is drawn anew before long, as a progress line on a terminal: dropped without being
  // counted.
  void Draw(absl::string_view text);
  // Lines dropped since the last that was said.
  uint64_t lost() const;

 private:
  enum class Way { kNone, kOwn, kSend, kPoll, kPlain };

  bool Put(absl::string_view text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool SayWhatIsLost() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ChooseWay() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // As write(2), without waiting.
  ssize_t WriteSome(absl::string_view text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const int fd_;
  mutable Mutex mu_;
  std::string prefix_ ABSL_GUARDED_BY(mu_) = "nyala: ";
  std::string rest_ ABSL_GUARDED_BY(mu_);  // of a text that was cut short
  uint64_t lost_ ABSL_GUARDED_BY(mu_) = 0;
  // How `fd_` is written to, as long as it is this file.
  Way way_ ABSL_GUARDED_BY(mu_) = Way::kNone;
  struct stat file_ ABSL_GUARDED_BY(mu_) = {};
  int own_fd_ ABSL_GUARDED_BY(mu_) = -1;
};

// Output to this process's standard error; it lives as long as the process.
LineOutput& StandardError();

}  // namespace nyala
