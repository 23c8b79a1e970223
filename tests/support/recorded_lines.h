// What was said by another thread, to be waited for. For tests.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/mutex.h"

namespace nyala {

class RecordedLines {
 public:
  void Add(const std::string& line) {
    MutexLock lock(mu_);
    lines_.push_back(line);
    changed_.NotifyAll();
  }
  // Waits for a line from `from` on with `text` in it; "" after a generous while without.
  std::string WaitFor(const std::string& text, size_t from = 0) {
    MutexLock lock(mu_);
    std::string found;
    changed_.WaitFor(mu_, std::chrono::minutes(2), [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      for (size_t i = from; i < lines_.size(); ++i) {
        if (lines_[i].find(text) != std::string::npos) found = lines_[i];
      }
      return !found.empty();
    });
    return found;
  }
  // Waits for so many.
  bool WaitForCount(size_t count) {
    MutexLock lock(mu_);
    return changed_.WaitFor(mu_, std::chrono::minutes(2), [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return lines_.size() >= count;
    });
  }
  std::vector<std::string> lines() {
    MutexLock lock(mu_);
    return lines_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
