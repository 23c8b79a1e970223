#include "common/system/limited_log.h"

#include <utility>

#include "common/base/clock.h"
#include "common/system/log.h"

namespace nyala {
namespace {

LimitedLog::Options Complete(LimitedLog::Options options) {
  if (!options.write) options.write = [](absl::string_view line) { LogLine(line); };
  if (!options.clock) options.clock = MonotonicSeconds;
  return options;
}

}  // namespace

LimitedLog::LimitedLog() : LimitedLog(Options()) {}
LimitedLog::LimitedLog(Options options) : options_(Complete(std::move(options))) {}

void LimitedLog::Line(absl::string_view line) {
  uint64_t left_out = 0;
  {
    MutexLock lock(mu_);
    const double now = options_.clock();
    if (written_ == 0 || now >= window_start_ + options_.window_seconds) {
      window_start_ = now;
      written_ = 0;
      left_out = std::exchange(left_out_, 0);
    }
    if (written_ >= options_.burst) {
      ++left_out_;
      return;
    }
    ++written_;
  }
  if (left_out > 0) {
    options_.write(absl::StrFormat("%d more lines like the last ones were left out", left_out));
  }
  options_.write(line);
}

}  // namespace nyala
