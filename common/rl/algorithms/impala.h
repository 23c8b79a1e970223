// IMPALA (arXiv 1802.01561): V-trace targets from unrolls of an older policy, and the weaker
// corrections that the paper's Table 2 compares it with:
//   "vtrace":      equation 1, advantages weighted by min(pg_rho_bar, w_t)
//   "one_step_is": n-step returns as if on-policy; advantages times min(pg_rho_bar, w_t)
//   "epsilon":     n-step returns; log(pi + 1e-6) in place of log pi in the policy's loss
//   "none":        n-step returns, nothing corrected
#pragma once

#include <memory>

#include "common/rl/algorithms/algorithm.h"
#include "common/rl/algorithms/vtrace.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeImpala(const AlgorithmConfig& config);

VtraceOptions VtraceOptionsOf(const AlgorithmConfig& config);
// V-trace of a batch on its own device, by the plain scan on the host's.
Targets VtraceTargets(const VtraceOptions& options, const Batch& batch,
                      const at::Tensor& log_weights, const at::Tensor& value);

}  // namespace nyala
