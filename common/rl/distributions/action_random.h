// The random numbers of one action where it takes several: a sequence that is a pure function of
// the action's key.
#pragma once

#include <cmath>

#include "common/base/random.h"
#include "common/rl/action_key.h"

namespace nyala {

inline RandomSequence ActionRandom(const ActionKey& key) {
  return RandomSequence(RandomBits(key.seed, key.environment, key.step, RandomPurpose::kAction));
}

// Standard normal numbers by the transform of Box and Muller (1958), two at a time; within +-8.6.
class NormalSequence {
 public:
  // `random` must outlive it.
  explicit NormalSequence(RandomSequence* random) : random_(random) {}

  float Next() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    constexpr double kTwoPi = 6.283185307179586;
    const double radius = std::sqrt(-2.0 * std::log(random_->Uniform()));
    const double angle = kTwoPi * random_->Uniform();
    spare_ = static_cast<float>(radius * std::sin(angle));
    has_spare_ = true;
    return static_cast<float>(radius * std::cos(angle));
  }

 private:
  RandomSequence* const random_;
  float spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace nyala
