// Patience: how long a synchronous batch waits for who has not delivered.
//
// The limit that was configured, or four times as long as unrolls of the latest batches took,
// whichever is longer: where environments are slow, slow is no fault. At most four times the limit:
// whoever delivers late each time must not stretch it without end. Ten times as long for who does
// deliver and is not done. Where nobody delivers, nobody is held up: that may take what four
// unrolls lately took, up to a hundred times the limit. A value; not thread-safe.
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

  // Somebody delivered, in time or not, so long after it had begun.
  void Note(double seconds) {
    double& longest = recent_[batch_ % recent_.size()];
    longest = std::max(longest, seconds);
  }
  // The next batch begins.
  void NextBatch() { recent_[++batch_ % recent_.size()] = 0; }

  double limit() const {
    if (limit_ <= 0) return std::numeric_limits<double>::infinity();
    return std::clamp(4 * usual(), limit_, 4 * limit_);
  }
  // For who is heard of and holds others up.
  double most() const { return 10 * limit(); }
  // Where nobody is held up.
  double longest() const {
    if (limit_ <= 0) return std::numeric_limits<double>::infinity();
    return std::clamp(4 * usual(), most(), 100 * limit_);
  }

 private:
  // The longest of the latest batches.
  double usual() const { return *std::max_element(recent_.begin(), recent_.end()); }

  double limit_;
  std::array<double, 16> recent_{};
  size_t batch_ = 0;
};

}  // namespace nyala
