// RestartPolicy: whether something that died is worth starting again.
//
// Not thread-safe. The caller brings the clock.
#pragma once

#include <deque>

namespace nyala {

class RestartPolicy {
 public:
  // At most `limit` restarts within any `window_seconds`.
  RestartPolicy(int limit, double window_seconds)
      : limit_(limit), window_seconds_(window_seconds) {}

  // Whether to restart after a death at `now` (seconds, never going back); counts it if so.
  bool Allow(double now);

  int limit() const { return limit_; }
  double window_seconds() const { return window_seconds_; }

 private:
  int limit_;
  double window_seconds_;
  std::deque<double> restarts_;
};

}  // namespace nyala
