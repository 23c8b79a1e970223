#include "common/nn/network.h"

namespace nyala {

PolicyHead HeadOf(const ActionDistribution& distribution) {
  return {distribution.parameters(), distribution.free_parameters()};
}

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const NetworkConfig& config,
                                                     const EnvSpec& env, const PolicyHead& head,
                                                     uint64_t seed) {
  torch::manual_seed(seed);
  return Networks().Create(config.name(), config, env, head);
}

}  // namespace nyala
