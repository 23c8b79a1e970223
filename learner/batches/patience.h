// Patience: how long a synchronous batch waits for who has not delivered.
//
// The limit that was configured, or four times as long as those who deliver lately took, whichever
// is longer: where environments are slow, slow is no fault. At most four times the limit: whoever
// delivers late each time must not stretch it without end. Where nobody delivers, nobody is held
// up: that may take ten times as long. A value; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace nyala {

class Patience {
 public:
  // In seconds; 0 waits for ever.
  explicit Patience(double limit) : limit_(limit) {}

  // Somebody delivered so long after the wait began.
  void Note(double seconds) { recent_[next_++ % recent_.size()] = seconds; }

  double limit() const {
    if (limit_ <= 0) return std::numeric_limits<double>::infinity();
    const double usual = *std::max_element(recent_.begin(), recent_.end());
    return std::clamp(4 * usual, limit_, 4 * limit_);
  }
  // For a wait that nobody has ended yet.
  double longest() const { return 10 * limit(); }

 private:
  double limit_;
  std::array<double, 16> recent_{};
  size_t next_ = 0;
};

}  // namespace nyala
