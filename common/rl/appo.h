// APPO: PPO's clipped surrogate (arXiv 1707.06347, equation 7) on V-trace advantages, asynchronous.
//
// Targets are computed once per batch under fixed parameters theta' (those at its start, or an
// older target network as in IMPACT, arXiv 1912.00167; the trainer's business): V-trace with w =
// pi_theta'/mu. Then several steps are taken on
//   - sum_frames min(r A, clip(r, 1 - clip_ratio, 1 + clip_ratio) A),  r = pi_theta/pi_theta'.
// At theta = theta' its gradient is IMPALA's. normalize_advantages takes A to mean 0 and variance 1
// over the batch.
#pragma once

#include <memory>

#include "common/rl/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAppo(const AlgorithmConfig& config);

}  // namespace nyala
