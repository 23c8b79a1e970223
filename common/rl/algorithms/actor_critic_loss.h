// The actor-critic loss that every gradient algorithm shares, given its targets.
//
//   loss = - sum_frames advantage_t log pi(a_t|x_t)
//          + baseline_cost * sum_frames 0.5 (v_t - V(x_t))^2
//          - entropy_cost * sum_frames H(pi(.|x_t))
// Sums run over rows that are frames. With the mean reduction the caller divides by their number.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/rl/algorithms/algorithm.h"

namespace nyala {

struct LossCosts {
  double baseline = 0.5;
  double entropy = 0.01;
};

struct LossTerms {
  at::Tensor total;  // scalar with gradient
  // Unweighted sums over frames, detached scalars: the policy term, 0.5 err^2, the entropy.
  at::Tensor policy;
  at::Tensor baseline;
  at::Tensor entropy;
};

// `scale` multiplies the total (1 for the sum reduction, 1 / frames for the mean).
// `fixed`: targets that were computed before, else they are computed here.
LossTerms ActorCriticLoss(const Algorithm& algorithm, const ActionDistribution& distribution,
                          const LossCosts& costs, double scale, const Batch& batch,
                          const Prediction& prediction, const Targets* fixed = nullptr);

}  // namespace nyala
