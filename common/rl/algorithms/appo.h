// APPO: PPO's clipped surrogate (arXiv 1707.06347, equation 7) on V-trace advantages, asynchronous.
// On the batches of a synchronous run, "ppo", all weights are 1: it is PPO. Its advantages are
// V-trace's then, too, r_t + d_t v_{t+1} - V_t with lambda-returns v: delta_t + d_t A_{t+1} where
// the generalized advantage estimator (arXiv 1506.02438) has delta_t + lambda d_t A_{t+1}, with A
// that estimator; they agree at lambda = 1.
//
// Targets are computed once per batch under fixed parameters theta' (those at its start, or an
// older target network as in IMPACT, arXiv 1912.00167; the trainer's business): V-trace with w =
// pi_theta'/mu. Then several steps are taken on
//   - sum_frames min(r A, clip(r, 1 - clip_ratio, 1 + clip_ratio) A),  r = pi_theta/pi_theta'.
// A is min(pg_rho_bar, w) times V-trace's r_t + d_t v_{t+1} - V_t; at theta = theta' the gradient
// is IMPALA's. normalize_advantages takes the latter to mean 0 and variance 1 over the batch.
#pragma once

#include <memory>

#include "common/rl/algorithms/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAppo(const AlgorithmConfig& config);

}  // namespace nyala
