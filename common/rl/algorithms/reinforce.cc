#include "common/rl/algorithms/reinforce.h"

#include <torch/torch.h>

#include <cmath>
#include <numeric>

#include "common/base/status_macros.h"
#include "common/rl/algorithms/returns.h"
#include "common/rl/choices.h"

namespace nyala {
namespace {

// Returns less a constant; the constant may be 0 for ever.
class ReinforceWithAverage : public Algorithm {
 public:
  explicit ReinforceWithAverage(double decay, bool moves) : decay_(decay), moves_(moves) {}

  bool learns_value() const override { return false; }

  void BeginBatch(absl::Span<const Batch> tiles) override {
    if (!moves_) return;
    const double average = state_[0].item<double>(), weight = state_[1].item<double>();
    // From earlier batches only: a baseline that knew this one's actions would bias the gradient.
    baseline_ = weight > 0 ? average / weight : 0.0;
    std::vector<at::Tensor> returns;
    for (const Batch& tile : tiles) returns.push_back(SessionReturns(tile));
    const std::vector<float> all = FrameValues(tiles, returns);
    if (all.empty()) return;
    const double mean =
        std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
    state_[0].fill_(decay_ * average + (1 - decay_) * mean);
    state_[1].fill_(decay_ * weight + (1 - decay_));
  }

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const at::Tensor returns = SessionReturns(batch).to(log_prob.device());
    return {value.narrow(0, 0, batch.T()), returns - baseline_};
  }

  std::vector<std::pair<std::string, at::Tensor>> State() override {
    if (!moves_) return {};
    return {{"returns_average", state_}};
  }

 private:
  const double decay_;
  const bool moves_;
  double baseline_ = 0;
  // The decayed sum of means and of their weights.
  at::Tensor state_ = torch::zeros({2});
};

class ReinforceWithValue : public Algorithm {
 public:
  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const at::Tensor returns = SessionReturns(batch, value).to(log_prob.device());
    return {returns, returns - value.narrow(0, 0, batch.T())};
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Algorithm>> MakeReinforce(const AlgorithmConfig& config) {
  NYALA_ASSIGN_OR_RETURN(const Baseline baseline, BaselineOf(config));
  if (baseline == Baseline::kValue) return std::make_unique<ReinforceWithValue>();
  return std::make_unique<ReinforceWithAverage>(config.average_decay(),
                                                baseline == Baseline::kAverage);
}

}  // namespace nyala
