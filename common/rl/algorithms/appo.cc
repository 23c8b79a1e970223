#include "common/rl/algorithms/appo.h"

#include <torch/torch.h>

#include <algorithm>

#include "common/rl/algorithms/impala.h"

namespace nyala {
namespace {

constexpr double kMostLogRatio = 20;

class Appo : public Algorithm {
 public:
  explicit Appo(const AlgorithmConfig& config)
      : options_(VtraceOptionsOf(config)),
        clip_(config.clip_ratio()),
        normalize_(config.normalize_advantages()) {}

  bool fixed_targets() const override { return true; }

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const int64_t T = batch.T();
    const at::Tensor log_weights = log_prob - batch.log_mu;
    Targets made = VtraceTargets(options_, batch, log_weights, value);
    // Without their weights: rows that the policy would hardly visit must not count for much once
    // advantages are shifted.
    const at::Tensor next = torch::cat({made.values.narrow(0, 1, T - 1), value.narrow(0, T, 1)});
    made.advantages = batch.rewards + batch.discounts * next - value.narrow(0, 0, T);
    made.weights =
        log_weights.exp().clamp_max(options_.pg_rho_bar).masked_fill(batch.frames == 0, 0);
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
    // The bound keeps the exponential finite; at it nothing is left of the density but rounding.
    const at::Tensor ratio = (log_prob - targets.log_prob)
                                 .masked_fill(batch.frames == 0, 0)
                                 .clamp_max(kMostLogRatio)
                                 .exp();
    const at::Tensor advantages = targets.advantages * targets.weights;
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
