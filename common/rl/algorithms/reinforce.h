// REINFORCE (Williams, 1992): the gradient of log pi(a_t|x_t) times the session's discounted return
// from t on, less a baseline, over whole sessions of one policy.
//   "none":    advantage = G_t
//   "average": advantage = G_t - b, b a moving average of the returns of earlier batches
//              (b <- decay b + (1 - decay) mean G; 0 in the first batch, then corrected for it)
//   "value":   advantage = G_t - V(x_t); V is learnt towards G_t
// A session that a time limit cut counts as ended there; with "value" V(final observation) stands
// for what would have followed.
#pragma once

#include <memory>

#include "common/rl/algorithms/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeReinforce(const AlgorithmConfig& config);

}  // namespace nyala
