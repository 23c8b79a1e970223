#include "common/nn/network.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const NetworkConfig& config,
                                                     const EnvSpec& env, int64_t policy_outputs,
                                                     uint64_t seed) {
  torch::manual_seed(seed);
  return Networks().Create(config.name(), config, env, policy_outputs);
}

}  // namespace nyala
