#include "common/rl/action_bounds.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace nyala {

absl::StatusOr<ActionBounds> ActionBounds::Make(const ActionSpec& action) {
  const auto n = static_cast<size_t>(std::max<int64_t>(action.n, 0));
  if (n < 1 || action.low.size() != n || action.high.size() != n) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the environment gives %d lower and %d upper bounds for %d continuous actions",
        action.low.size(), action.high.size(), action.n));
  }
  ActionBounds bounds;
  for (size_t i = 0; i < n; ++i) {
    const float low = action.low[i], high = action.high[i];
    if (!(low < high)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "the environment's bounds of action %d are [%g, %g]; the first must be below the second",
          i, low, high));
    }
    // Widths beyond float32 count as infinite, too.
    const bool bounded = std::isfinite(high - low);
    bounds.dimensions_.push_back({low, high, bounded ? 0.5f * low + 0.5f * high : 0.0f,
                                  bounded ? 0.5f * (high - low) : 1.0f, bounded});
  }
  return bounds;
}

int64_t ActionBounds::FirstUnbounded() const {
  for (int64_t i = 0; i < n(); ++i) {
    if (!dimensions_[i].bounded) return i;
  }
  return -1;
}

float ActionBounds::ToEnvironment(int64_t i, float u) const {
  const Dimension& dimension = dimensions_[i];
  return std::clamp(dimension.middle + dimension.half * u, dimension.low, dimension.high);
}

}  // namespace nyala
