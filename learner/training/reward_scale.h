// RewardScale: the running standard deviation of discounted sums of rewards, to divide rewards by.
//
// Sums run from the start of an episode, or of the unroll where that cuts it:
// R_t = r_t + discount R_{t-1}. Their mean and variance are taken over all frames so far (Chan et
// al.'s update of batches). Threads: the owner's.
#pragma once

#include <cstdint>
#include <vector>

#include "learner/batches/slab.h"

namespace nyala {

class RewardScale {
 public:
  explicit RewardScale(double discount) : discount_(discount) {}

  // Takes in all columns of the slab.
  void Update(Slab& slab);
  // What rewards are to be multiplied by: 1 / sqrt(variance + 1e-8), 1 while there is none.
  double factor() const;

  // count, mean, variance: for checkpoints.
  std::vector<float> Save() const;
  void Restore(const std::vector<float>& state);

 private:
  const double discount_;
  double count_ = 0;
  double mean_ = 0;
  double variance_ = 0;
};

}  // namespace nyala
