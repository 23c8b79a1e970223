// SlowNotice: says that something takes long while it still does, from a thread of its own, so that
// whoever is blocked need not.
//
// The first line comes after `first_seconds`, the next ones each time that has doubled, and one at
// the end: "the checkpoint of update 1200 has been writing for 12 s to runs/a; training goes on".
// Threads: any. Blocking: none but the destructor, which says what is left to say and joins.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "common/base/mutex.h"
#include "common/base/thread.h"
#include "common/system/log.h"

namespace nyala {

class SlowNotice {
 public:
  struct Options {
    double first_seconds = 10;
    // Called on the notice's thread; may block.
    std::function<void(const std::string& line)> say = [](const std::string& line) {
      LogLine(line);
    };
  };
  explicit SlowNotice(Options options);
  ~SlowNotice();

  // `what` has begun to do `doing`, "has been writing" and so on; `then` is what becomes of it.
  void Begin(const std::string& what, const std::string& doing, const std::string& then);
  // Something else will become of it, which is said at once where the slowness has been.
  void Change(const std::string& then);
  // It has ended; `how`, "was written", is said if the slowness was.
  void End(const std::string& how);

 private:
  void Work();
  // Waits for the next line; false when there will be none.
  bool Next(std::string* line);
  double Seconds() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string Line() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Queue(const std::string& line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  mutable Mutex mu_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool going_ ABSL_GUARDED_BY(mu_) = false;
  bool said_ ABSL_GUARDED_BY(mu_) = false;
  std::string what_ ABSL_GUARDED_BY(mu_), doing_ ABSL_GUARDED_BY(mu_), then_ ABSL_GUARDED_BY(mu_);
  double began_ ABSL_GUARDED_BY(mu_) = 0;  // MonotonicSeconds
  double next_ ABSL_GUARDED_BY(mu_) = 0;   // seconds after that
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mu_);
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
