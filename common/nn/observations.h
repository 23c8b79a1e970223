// ObservationInput: what a network does to observations before its torso.
//
//   raw [T, B, ...] -> stack of the newest k -> float -> normalised, or bytes scaled by byte_scale
//     -> [T*B, stacked shape]
// Frame stack: along the first axis, oldest first: [n] becomes [k*n], [C, H, W] becomes
// [k*C, H, W]; [H, W] becomes [k, H, W]. Rows before an episode's first repeat its first
// observation. The older k-1 are recurrent state, so an unroll carries each only once:
//   state [B, (k-1)*D + 1]: raw values (bytes exactly), oldest first, and 1; all 0 is "episode
//   starts here", so whoever keeps the state resets by zeros.
// Normalisation: (x - mean) / sqrt(variance + 1e-8) clipped to [-10, 10], by element of one raw
// observation, from buffers that UpdateStatistics changes (common/nn/observation_statistics.h).
// Threads: as the network's.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class ObservationInput {
 public:
  // Registers its buffers with `owner`. config.frame_stack() >= 1.
  ObservationInput(const NetworkConfig& config, const TensorSpec& observation,
                   torch::nn::Module& owner);

  // Shape of one observation as the torso gets it.
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t state_size() const { return stack_ > 1 ? (stack_ - 1) * elements_ + 1 : 0; }

  struct Output {
    torch::Tensor x;      // [T*B, shape...] float32
    torch::Tensor state;  // [B, state_size] float32; undefined if that is 0
  };
  // observations [T, B, ...], first [T, B], state [B, state_size].
  Output Forward(const torch::Tensor& observations, const torch::Tensor& first,
                 const torch::Tensor& state) const;
  // One row: observations [N, ...], state [N, state_size]. Takes no size from its arguments.
  Output Step(const torch::Tensor& observations, const torch::Tensor& state) const;

 private:
  // [..., k, D] of the environment's dtype to [N, shape...].
  torch::Tensor Finish(const torch::Tensor& stacked) const;

  const int64_t stack_, elements_;
  const double byte_scale_;
  std::vector<int64_t> shape_, batched_shape_;
  torch::Tensor mean_, variance_;  // undefined without normalisation
};

}  // namespace nyala
