#include "actor/rollout/gradient_source.h"

#include <torch/torch.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/shard.h"
#include "common/nn/torch_threads.h"

namespace nyala {
namespace {

class LocalGradientSource : public GradientSource {
 public:
  LocalGradientSource(const RunConfig& config, std::unique_ptr<Algorithm> algorithm,
                      std::unique_ptr<ActionDistribution> distribution,
                      std::unique_ptr<Network> network)
      : config_(config), algorithm_(std::move(algorithm)), distribution_(std::move(distribution)) {
    auto parameters = std::make_unique<FlatParameters>(*network);
    shard_ = std::make_unique<Shard>(std::move(network), std::move(parameters), algorithm_.get(),
                                     distribution_.get());
  }

  absl::Status Load(const ParameterSnapshot& snapshot) override {
    frames_before_ = snapshot.frames;
    return shard_->flat().Load(snapshot);
  }

  absl::Status Compute(Unroll* unroll) override {
    // The number of threads is a property of the calling thread.
    thread_local const bool one_thread = (UseOneTorchThread(), true);
    static_cast<void>(one_thread);
    try {
      ComputeOrThrow(unroll);
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("the gradient failed: ", error.what()));
    }
    return absl::OkStatus();
  }

 private:
  void ComputeOrThrow(Unroll* unroll) {
    const torch::Tensor gradients = shard_->flat().gradients();
    gradients.zero_();
    Moments moments;
    {
      const std::vector<Batch> batches = {
          MakeBatch(unroll->spec, unroll->spec.E, *unroll, config_.algorithm(), 1.0, torch::kCPU)};
      algorithm_->BeginBatch(batches);
      if (config_.network().normalize_observations()) moments = MomentsOf(batches[0]);
      const auto frames = static_cast<uint64_t>(batches[0].frames.sum().item<double>());
      shard_->Accumulate(batches[0], SettingsFor(config_, frames, frames_before_));
    }
    const ShardSums sums = shard_->TakeSums();
    unroll->facts = {shard_->flat().layout(),
                     static_cast<uint64_t>(sums.frames),
                     sums.policy,
                     sums.baseline,
                     sums.entropy,
                     sums.total};
    const float* data = gradients.data_ptr<float>();
    unroll->gradient.assign(data, data + gradients.numel());
    AppendTo(moments, &unroll->gradient);
  }

  const RunConfig config_;
  const std::unique_ptr<Algorithm> algorithm_;
  const std::unique_ptr<ActionDistribution> distribution_;
  std::unique_ptr<Shard> shard_;
  uint64_t frames_before_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GradientSource>> MakeLocalGradientSource(const RunConfig& config,
                                                                        const EnvSpec& env) {
  NYALA_ASSIGN_OR_RETURN(auto distribution, MakeDistribution(config.policy(), env.action));
  NYALA_ASSIGN_OR_RETURN(auto algorithm,
                         Algorithms().Create(config.algorithm().name(), config.algorithm()));
  // The weights are replaced before the first gradient.
  NYALA_ASSIGN_OR_RETURN(auto network,
                         MakeNetwork(config.network(), env, HeadOf(*distribution), 0));
  return std::make_unique<LocalGradientSource>(config, std::move(algorithm),
                                               std::move(distribution), std::move(network));
}

}  // namespace nyala
