// LimitedLog: log lines of one kind that the world can cause without end (joins, refusals), a few
// at a time.
//
// At most `burst` lines in each `window_seconds`; the first line after that says how many were left
// out. Threads: any. Blocking: as LogLine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace nyala {

class LimitedLog {
 public:
  struct Options {
    int burst = 10;
    double window_seconds = 10;
    // LogLine and MonotonicSeconds, unless a test says otherwise.
    std::function<void(absl::string_view)> write;
    std::function<double()> clock;
  };
  LimitedLog();
  explicit LimitedLog(Options options);

  void Line(absl::string_view line);
  template <typename... Args>
  void operator()(const absl::FormatSpec<Args...>& format, const Args&... args) {
    Line(absl::StrFormat(format, args...));
  }

 private:
  const Options options_;
  Mutex mu_;
  double window_start_ ABSL_GUARDED_BY(mu_) = 0;
  int written_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace nyala
