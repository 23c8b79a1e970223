// Network: observations to policy head and value, one of several named architectures.
//
// A network is a pure function of its parameters and inputs; optimizer, device and checkpoint
// belong to others. Threads: Forward may run in several threads at once on different instances
// only.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/base/registry.h"
#include "common/nn/network_name.h"
#include "common/rl/distributions/distribution.h"
#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct NetworkOutput {
  torch::Tensor policy;  // [T, B, P] float32: inputs of the action distribution
  torch::Tensor value;   // [T, B] float32: V(x)
  torch::Tensor state;   // [B, S] float32: recurrent state after row T-1; undefined if S = 0
};

// What the policy head has to give: P outputs a row, the last `free` of them learnt constants
// (ActionDistribution::parameters and free_parameters).
struct PolicyHead {
  int64_t outputs = 0;
  int64_t free = 0;
};

PolicyHead HeadOf(const ActionDistribution& distribution);

class Network : public torch::nn::Module {
 public:
  // S: floats of recurrent state per column; 0 for feed-forward networks.
  virtual int64_t state_size() const { return 0; }

  // observations: [T, B, ...] of the environment's dtype (uint8 is scaled inside).
  // first: [T, B] bool, recurrent state is reset before these rows. state: [B, S] before row 0.
  // `first` and `state` may be undefined when S = 0.
  virtual NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor& first,
                                const torch::Tensor& state) = 0;

  // One row without resets: observations [N, ...], state [N, S] (undefined when S = 0) to policy
  // [N, P], value [N], state [N, S]. `nyala export` traces it, so it takes no size from its
  // arguments. The default calls Forward; a network whose Forward looks at T or B and that is to
  // be exported overrides it.
  virtual NetworkOutput Step(const torch::Tensor& observations, const torch::Tensor& state);
};

// Arguments: the config, the environment it is for, the policy's head.
using NetworkRegistry = Registry<absl::StatusOr<std::unique_ptr<Network>>, const NetworkConfig&,
                                 const EnvSpec&, const PolicyHead&>;
// Filled by register_networks.cc.
NetworkRegistry& Networks();

// Builds config.name with weights drawn from `seed` (reproducibly, whatever was drawn before; not
// thread-safe, as LibTorch's default generator is global). InvalidArgument names the config field
// and the fix when the network does not fit the environment.
absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const NetworkConfig& config,
                                                     const EnvSpec& env, const PolicyHead& head,
                                                     uint64_t seed);

}  // namespace nyala
