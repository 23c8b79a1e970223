// RecurrentCore: LSTM or GRU layers between a torso and its heads.
//
//   x [T, B, F] -> layer 0 -> ... -> [T, B, H], H = network.core_size
// State [B, S], all zeros at the start of an episode: h of each layer, for an LSTM c after each h.
// Equations, weights and names are those of torch.nn.LSTM and torch.nn.GRU ("weight_ih_l0", ...).
// Orthogonal initialisation has gain 1, biases 0 and 1 for an LSTM's forget gate, so that a new
// core remembers (Jozefowicz et al., 2015). With network.core_memory = N the gates that keep
// (forget of an LSTM, z of a GRU) start at log U(1, N - 1), an LSTM's input gates at minus that
// (Tallec and Ollivier, 2018), so that some of the units keep what they saw for about N frames. The
// learner's Forward and the actor's, of one row, are the same function, with the same resets.
// Threads: as the network's.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/choices.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class RecurrentCore : public torch::nn::Module {
 public:
  // Null when network.core is "none". InvalidArgument names the field.
  static absl::StatusOr<std::shared_ptr<RecurrentCore>> Create(const NetworkConfig& config,
                                                               int64_t inputs);

  struct Output {
    torch::Tensor h;      // [T, B, H], or of Step [N, H]
    torch::Tensor state;  // [B, S], no gradient
  };
  // first [T, B] bool: the state is reset before these rows. state [B, S] before row 0.
  Output Forward(torch::Tensor x, const torch::Tensor& first, const torch::Tensor& state) const;
  // One row without resets: x [N, F], state [N, S]. Takes no size from its arguments.
  Output Step(torch::Tensor x, const torch::Tensor& state) const;

  int64_t state_size() const { return static_cast<int64_t>(layers_.size()) * parts() * size_; }
  int64_t features() const { return size_; }

 private:
  struct Layer {
    torch::Tensor input_weight, state_weight, input_bias, state_bias;
  };

  RecurrentCore(const NetworkConfig& config, Core kind, int64_t inputs);
  void AddLayer(int64_t inputs, const NetworkConfig& config);
  int64_t parts() const { return lstm_ ? 2 : 1; }
  int64_t gates() const { return lstm_ ? 4 : 3; }
  // Part 0 (h) or 1 (c) of a layer: [N, H].
  torch::Tensor Part(const torch::Tensor& state, size_t layer, int64_t part) const;

  const bool lstm_;
  const int64_t size_;
  std::vector<Layer> layers_;
};

}  // namespace nyala
