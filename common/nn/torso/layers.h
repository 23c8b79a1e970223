// Building blocks that networks share: activations, initialised linear layers.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/choices.h"
#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

torch::Tensor Activate(Activation activation, const torch::Tensor& x);

// Widths of the fully connected layers: config.hidden or [64, 64]. InvalidArgument when one is < 1.
absl::StatusOr<std::vector<int64_t>> HiddenWidths(const NetworkConfig& config);

// A linear layer; orthogonal weights of this gain and zero bias, or LibTorch's default.
torch::nn::Linear MakeLinear(int64_t inputs, int64_t outputs, bool orthogonal, double gain);

// The output layer of policy and value in one product: [.., P+1], the policy's rows initialised
// with gain 0.01 and the value's with gain 1 when `orthogonal`.
torch::nn::Linear MakeHead(int64_t inputs, int64_t policy_outputs, bool orthogonal);

}  // namespace nyala
