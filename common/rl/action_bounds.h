// ActionBounds: the policy's units of continuous actions, and the environment's.
//
// To the policy bounds are -1 and 1: its action u is in half-widths of the bounds around their
// middle, so the environment's action is middle + half * u, held within [low, high]. A dimension
// with an infinite bound is taken as it is (middle 0, half 1); a finite bound of it still holds.
// Immutable; any thread. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/specs.h"

namespace nyala {

class ActionBounds {
 public:
  // InvalidArgument names the dimension when the bounds are not one pair each with low < high.
  static absl::StatusOr<ActionBounds> Make(const ActionSpec& action);

  int64_t n() const { return static_cast<int64_t>(dimensions_.size()); }
  // The first dimension with an infinite bound; -1: none.
  int64_t FirstUnbounded() const;
  // The environment's action of dimension i for `u`, clipped to the bounds.
  float ToEnvironment(int64_t i, float u) const;

 private:
  struct Dimension {
    float low, high;
    float middle, half;
    bool bounded;
  };
  std::vector<Dimension> dimensions_;
};

}  // namespace nyala
