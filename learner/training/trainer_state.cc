#include "learner/training/trainer_state.h"

#include "absl/strings/str_format.h"

namespace nyala {

std::vector<NamedTensor> SaveState(const NamedState& state) {
  std::vector<NamedTensor> saved;
  for (const auto& [name, tensor] : state) {
    const torch::Tensor host = tensor.detach().cpu().contiguous().to(torch::kFloat32);
    const float* data = host.data_ptr<float>();
    saved.push_back({name, host.sizes().vec(), std::vector<float>(data, data + host.numel())});
  }
  return saved;
}

absl::Status RestoreTensor(const std::vector<NamedTensor>& saved, const std::string& name,
                           torch::Tensor target) {
  torch::NoGradGuard no_grad;
  for (const NamedTensor& tensor : saved) {
    if (tensor.name != name) continue;
    if (tensor.shape != target.sizes().vec()) break;
    target.copy_(torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape));
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("the checkpoint has no tensor '%s' of the run's shape", name));
}

}  // namespace nyala
