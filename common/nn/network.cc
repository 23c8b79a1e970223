#include "common/nn/network.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/nn/torch_script.h"

namespace nyala {

PolicyHead HeadOf(const ActionDistribution& distribution) {
  return {distribution.parameters(), distribution.free_parameters()};
}

NetworkOutput Network::Step(const torch::Tensor& observations, const torch::Tensor& state) {
  torch::Tensor first;
  if (state.defined()) first = torch::zeros_like(state.select(1, 0), torch::kBool).unsqueeze(0);
  const NetworkOutput row = Forward(observations.unsqueeze(0), first, state);
  return {row.policy.select(0, 0), row.value.select(0, 0), row.state};
}

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const NetworkConfig& config,
                                                     const EnvSpec& env, const PolicyHead& head,
                                                     uint64_t seed) {
  torch::manual_seed(seed);
  const absl::string_view name = config.name();
  if (absl::StartsWith(name, kTorchScriptPrefix)) {
    const absl::string_view file = name.substr(sizeof(kTorchScriptPrefix) - 1);
    return TorchScriptNetwork::Load(config, std::string(file), env, head);
  }
  return Networks().Create(config.name(), config, env, head);
}

}  // namespace nyala
