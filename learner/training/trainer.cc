#include "learner/training/trainer.h"

#include <torch/torch.h>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/nn/torch_threads.h"
#include "learner/training/torch_trainer.h"

namespace nyala {
namespace {

absl::StatusOr<torch::Device> ParseDevice(const std::string& name) {
  try {
    const torch::Device device(name);
    if (device.is_cpu()) return device;
    if (device.is_cuda() && torch::cuda::is_available() &&
        (!device.has_index() || device.index() < static_cast<int>(torch::cuda::device_count()))) {
      return device;
    }
    return absl::InvalidArgumentError(
        absl::StrFormat("device: '%s' is not available to this LibTorch; use --device=cpu", name));
  } catch (const c10::Error&) {
    return absl::InvalidArgumentError(
        absl::StrFormat("device: '%s' is not a device; use cpu, cuda or cuda:N", name));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(const Options& options) {
  UseOneTorchThread();
  const RunConfig& config = options.config;
  NYALA_ASSIGN_OR_RETURN(const torch::Device device, ParseDevice(config.device()));
  NYALA_ASSIGN_OR_RETURN(auto distribution, MakeDistribution(config.policy(), options.env.action));
  NYALA_ASSIGN_OR_RETURN(auto algorithm,
                         Algorithms().Create(config.algorithm().name(), config.algorithm()));
  auto trainer = std::make_unique<TorchTrainer>(options, device, std::move(distribution),
                                                std::move(algorithm));
  NYALA_RETURN_IF_ERROR(trainer->Init(options));
  return trainer;
}

}  // namespace nyala
