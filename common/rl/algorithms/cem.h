// The cross-entropy method (Rubinstein; for policies Mannor et al., ICML 2003): keep the elite of a
// batch of sessions and maximise the log-likelihood of what they did.
//
// Elite are the sessions whose total reward is at or above the batch's elite_quantile; with
// elite_frames the single frames (s, a) whose discounted return G(s, a) is at or above that
// quantile of all frames' returns. No value is learnt.
#pragma once

#include <memory>

#include "common/rl/algorithms/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeCem(const AlgorithmConfig& config);

}  // namespace nyala
