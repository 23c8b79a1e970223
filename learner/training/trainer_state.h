// Tensors by name as checkpoints have them. Pure; any thread.
#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "learner/run/safetensors.h"

namespace nyala {

using NamedState = std::vector<std::pair<std::string, torch::Tensor>>;

std::vector<NamedTensor> SaveState(const NamedState& state);

// FailedPrecondition: `saved` has no tensor of that name and shape.
absl::Status RestoreTensor(const std::vector<NamedTensor>& saved, const std::string& name,
                           torch::Tensor target);

}  // namespace nyala
