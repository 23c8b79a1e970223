#include "learner/trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/nn/optimizer.h"
#include "common/nn/shard.h"
#include "common/nn/torch_threads.h"
#include "learner/shard_threads.h"

namespace nyala {
namespace {

// From `start` to `end` (when set) as `fraction` goes from 0 to 1.
double Linear(double start, std::optional<double> end, double fraction) {
  return end ? start + (*end - start) * std::clamp(fraction, 0.0, 1.0) : start;
}

NamedTensor ToNamed(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().cpu().contiguous().to(torch::kFloat32);
  const float* data = host.data_ptr<float>();
  return {name, host.sizes().vec(), std::vector<float>(data, data + host.numel())};
}

absl::Status CopyNamed(const std::vector<NamedTensor>& tensors, const std::string& name,
                       torch::Tensor target) {
  torch::NoGradGuard no_grad;
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name != name) continue;
    if (tensor.shape != target.sizes().vec()) break;
    target.copy_(torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape));
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("the checkpoint has no tensor '%s' of the run's shape", name));
}

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

class TorchTrainer : public Trainer {
 public:
  TorchTrainer(const Options& options, torch::Device device,
               std::unique_ptr<ActionDistribution> distribution,
               std::unique_ptr<Algorithm> algorithm)
      : config_(options.config),
        env_(options.env),
        device_(device),
        distribution_(std::move(distribution)),
        algorithm_(std::move(algorithm)),
        threads_(options.shards) {}

  absl::Status Init(int shards) {
    for (int i = 0; i < shards; ++i) {
      NYALA_ASSIGN_OR_RETURN(
          auto network,
          MakeNetwork(config_.network(), env_, HeadOf(*distribution_), config_.seed()));
      network->to(device_);
      auto flat = i == 0 ? std::make_unique<FlatParameters>(*network)
                         : std::make_unique<FlatParameters>(*network, shards_[0]->flat());
      shards_.push_back(std::make_unique<Shard>(std::move(network), std::move(flat),
                                                algorithm_.get(), distribution_.get(),
                                                config_.algorithm(), device_));
    }
    NYALA_ASSIGN_OR_RETURN(optimizer_, Optimizers().Create(config_.optimizer().name(),
                                                           config_.optimizer(), flat().values()));
    return absl::OkStatus();
  }

  UnrollSpec unroll_spec() const override {
    UnrollSpec spec;
    spec.T = config_.batch().unroll_length();
    spec.observation = env_.observation;
    spec.action = env_.action;
    spec.state_size = shards_[0]->network().state_size();
    return spec;
  }

  absl::StatusOr<StepStats> Step(Slab& slab, uint64_t frames_before) override {
    StepStats stats;
    stats.frames = slab.CountFrames();
    try {
      ComputeGradients(slab, SettingsFor(stats.frames, frames_before));
      SumShards(&stats);
      NYALA_RETURN_IF_ERROR(Apply(frames_before, &stats));
    } catch (const c10::Error& error) {
      return absl::InternalError(error.what_without_backtrace());
    } catch (const std::exception& error) {
      return absl::InternalError(error.what());
    }
    return stats;
  }

  ParameterSnapshot Snapshot(uint64_t version) const override { return flat().Snapshot(version); }
  uint64_t layout() const override { return flat().layout(); }
  int64_t parameters() const override { return flat().size(); }

  std::vector<NamedTensor> ModelTensors() const override {
    std::vector<NamedTensor> tensors;
    for (const auto& entry : flat().entries()) {
      tensors.push_back(ToNamed(entry.name, EntryView(entry)));
    }
    return tensors;
  }

  std::vector<NamedTensor> OptimizerTensors() const override {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, tensor] : optimizer_->State()) {
      tensors.push_back(ToNamed(name, tensor));
    }
    return tensors;
  }

  absl::Status Restore(const std::vector<NamedTensor>& model,
                       const std::vector<NamedTensor>& optimizer) override {
    for (const auto& entry : flat().entries()) {
      NYALA_RETURN_IF_ERROR(CopyNamed(model, entry.name, EntryView(entry)));
    }
    for (const auto& [name, tensor] : optimizer_->State()) {
      NYALA_RETURN_IF_ERROR(CopyNamed(optimizer, name, tensor));
    }
    return absl::OkStatus();
  }

 private:
  const FlatParameters& flat() const { return shards_[0]->flat(); }

  torch::Tensor EntryView(const FlatParameters::Entry& entry) const {
    int64_t count = 1;
    for (const int64_t size : entry.shape) count *= size;
    return flat().values().narrow(0, entry.offset, count).view(entry.shape);
  }

  double Progress(uint64_t frames) const {
    const uint64_t budget = config_.limits().frames();
    return budget == 0 ? 0 : static_cast<double>(frames) / static_cast<double>(budget);
  }

  StepSettings SettingsFor(uint64_t frames, uint64_t frames_before) const {
    const AlgorithmConfig& algorithm = config_.algorithm();
    StepSettings settings;
    settings.costs.baseline = algorithm.baseline_cost();
    std::optional<double> final_cost;
    if (algorithm.has_entropy_cost_final()) final_cost = algorithm.entropy_cost_final();
    settings.costs.entropy = Linear(algorithm.entropy_cost(), final_cost, Progress(frames_before));
    if (algorithm.reduction() == AlgorithmConfig::MEAN && frames > 0) {
      settings.scale = 1.0 / static_cast<double>(frames);
    }
    return settings;
  }

  void ComputeGradients(Slab& slab, const StepSettings& settings) {
    threads_.Run([&](int index) {
      torch::Tensor gradients = shards_[index]->flat().gradients();
      gradients.zero_();
      auto& tiles = slab.tiles();
      for (size_t i = index; i < tiles.size(); i += shards_.size()) {
        shards_[index]->Accumulate(slab.spec(), tiles[i], settings);
      }
    });
  }

  // In the order of the shards, whatever finished first.
  void SumShards(StepStats* stats) {
    torch::NoGradGuard no_grad;
    torch::Tensor gradients = flat().gradients();
    const double per_frame = 1.0 / std::max<double>(1, static_cast<double>(stats->frames));
    for (size_t i = 0; i < shards_.size(); ++i) {
      if (i > 0) gradients.add_(shards_[i]->flat().gradients());
      const ShardSums sums = shards_[i]->TakeSums();
      stats->policy_loss += sums.policy * per_frame;
      stats->baseline_loss += sums.baseline * per_frame;
      stats->entropy += sums.entropy * per_frame;
      stats->total_loss += sums.total;
    }
  }

  absl::Status Apply(uint64_t frames_before, StepStats* stats) {
    const OptimizerConfig& config = config_.optimizer();
    torch::Tensor gradients = flat().gradients();
    stats->gradient_norm = ClipGlobalNorm(gradients, config.clip_norm());
    if (!std::isfinite(stats->gradient_norm) || !std::isfinite(stats->total_loss)) {
      return absl::InternalError(absl::StrFormat(
          "the loss is %g (policy %g, baseline %g, entropy %g per frame) and the gradient's norm "
          "is %g",
          stats->total_loss, stats->policy_loss, stats->baseline_loss, stats->entropy,
          stats->gradient_norm));
    }
    std::optional<double> final_rate;
    if (config.has_learning_rate_final()) final_rate = config.learning_rate_final();
    stats->learning_rate = Linear(config.learning_rate(), final_rate, Progress(frames_before));
    optimizer_->Step(flat().values(), gradients, stats->learning_rate);
    if (!std::isfinite(flat().values().sum().item<double>())) {
      return absl::InternalError(absl::StrFormat(
          "a parameter is NaN or infinite after a step with learning rate %g and gradient norm %g",
          stats->learning_rate, stats->gradient_norm));
    }
    return absl::OkStatus();
  }

  const RunConfig config_;
  const EnvSpec env_;
  const torch::Device device_;
  const std::unique_ptr<ActionDistribution> distribution_;
  const std::unique_ptr<Algorithm> algorithm_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Optimizer> optimizer_;
  ShardThreads threads_;
};

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
  NYALA_RETURN_IF_ERROR(trainer->Init(options.shards));
  return trainer;
}

int ChooseShards(const RunConfig& config, int64_t columns) {
  if (config.device() != "cpu") return 1;
  if (config.batch().shards() > 0) return config.batch().shards();
  // Below about 256 rows a shard costs more to wake than it computes.
  const int64_t rows = columns * config.batch().unroll_length();
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  return static_cast<int>(std::clamp<int64_t>(rows / 256, 1, std::max<int64_t>(cores, 1)));
}

}  // namespace nyala
