#include "common/rl/appo.h"

#include <torch/torch.h>

#include <algorithm>

#include "common/rl/impala.h"

namespace nyala {
namespace {

class Appo : public Algorithm {
 public:
  explicit Appo(const AlgorithmConfig& config)
      : options_(VtraceOptionsOf(config)),
        clip_(config.clip_ratio()),
        normalize_(config.normalize_advantages()) {}

  bool fixed_targets() const override { return true; }

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    Targets made = VtraceTargets(options_, batch, log_prob - batch.log_mu, value);
    made.log_prob = log_prob;
    return made;
  }

  void FinishTargets(absl::Span<const Batch> tiles, absl::Span<Targets> targets) const override {
    if (!normalize_) return;
    double count = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < tiles.size(); ++i) {
      const at::Tensor kept = targets[i].advantages * tiles[i].frames;
      count += tiles[i].frames.sum().item<double>();
      sum += kept.sum().item<double>();
      squares += kept.square().sum().item<double>();
    }
    if (count < 2) return;
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
    for (Targets& tile : targets) tile.advantages = (tile.advantages - mean) / (deviation + 1e-8);
  }

  at::Tensor PolicyLoss(const Batch& batch, const Targets& targets,
                        const at::Tensor& log_prob) const override {
    // Masked rows may carry any density: no infinity may meet their zero factor.
    const at::Tensor ratio = (log_prob - targets.log_prob).masked_fill(batch.frames == 0, 0).exp();
    const at::Tensor advantages = targets.advantages * batch.frames;
    return -torch::min(ratio * advantages, ratio.clamp(1 - clip_, 1 + clip_) * advantages).sum();
  }

 private:
  const VtraceOptions options_;
  const double clip_;
  const bool normalize_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAppo(const AlgorithmConfig& config) {
  return std::make_unique<Appo>(config);
}

}  // namespace nyala
