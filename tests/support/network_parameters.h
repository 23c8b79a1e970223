// The initial parameters of a network as a snapshot, for tests of what loads them.
#pragma once

#include <cstdint>

#include "common/nn/flat_parameters.h"
#include "common/nn/network.h"
#include "common/rl/distributions/distribution.h"

namespace nyala {

inline ParameterSnapshot InitialParameters(const NetworkConfig& config, const EnvSpec& env,
                                           uint64_t seed, uint64_t version = 1,
                                           const PolicyConfig& policy = {}) {
  const auto distribution = *MakeDistribution(policy, env.action);
  const auto network = *MakeNetwork(config, env, HeadOf(*distribution), seed);
  return FlatParameters(*network).Snapshot(version, 0);
}

}  // namespace nyala
