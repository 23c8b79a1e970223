// Advantage actor-critic: n-step returns of the policy that acted (synchronous, on-policy; the
// targets of "Asynchronous Methods for Deep RL", arXiv 1602.01783, section 4).
#pragma once

#include <memory>

#include "common/rl/algorithms/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeA2c(const AlgorithmConfig& config);

}  // namespace nyala
