// IMPALA's targets: V-trace (arXiv 1802.01561), which corrects for the policy lag between the
// actors that sampled an unroll and the learner that trains on it.
#pragma once

#include <memory>

#include "common/rl/algorithm.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Algorithm>> MakeImpala(const AlgorithmConfig& config);

}  // namespace nyala
