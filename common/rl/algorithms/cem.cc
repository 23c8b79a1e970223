#include "common/rl/algorithms/cem.h"

#include <torch/torch.h>

#include "common/rl/algorithms/returns.h"

namespace nyala {
namespace {

class Cem : public Algorithm {
 public:
  explicit Cem(const AlgorithmConfig& config)
      : quantile_(config.elite_quantile()),
        frames_(config.elite_frames()),
        mean_(config.reduction() == AlgorithmConfig::MEAN) {}

  bool learns_value() const override { return false; }

  void BeginBatch(absl::Span<const Batch> tiles) override {
    std::vector<at::Tensor> scores;
    for (const Batch& tile : tiles) scores.push_back(Score(tile));
    std::vector<float> all = FrameValues(tiles, scores);
    weight_ = 0;
    if (all.empty()) return;
    // As a float: it is compared with floats, here and as tensors.
    threshold_ =
        static_cast<float>(Quantile(frames_ ? all : SessionScores(tiles, scores), quantile_));
    double elite = 0;
    for (const float score : all) elite += score >= threshold_ ? 1 : 0;
    // The mean is meant over what is learnt from, while the loss is divided by all frames.
    weight_ = mean_ ? static_cast<double>(all.size()) / elite : 1.0;
  }

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const at::Tensor elite = (Score(batch) >= threshold_).to(torch::kFloat32) * weight_;
    return {value.narrow(0, 0, batch.T()), elite.to(log_prob.device())};
  }

 private:
  at::Tensor Score(const Batch& tile) const {
    return frames_ ? SessionReturns(tile) : SessionTotals(tile);
  }

  // One score a session: that of its first frame.
  static std::vector<float> SessionScores(absl::Span<const Batch> tiles,
                                          const std::vector<at::Tensor>& scores) {
    std::vector<float> found;
    for (size_t i = 0; i < tiles.size(); ++i) {
      const at::Tensor frames = tiles[i].frames.cpu().contiguous();
      const at::Tensor discounts = tiles[i].discounts.cpu().contiguous();
      const float* is_frame = frames.data_ptr<float>();
      const float* discount = discounts.data_ptr<float>();
      const float* score = scores[i].data_ptr<float>();
      const int64_t T = tiles[i].T(), B = tiles[i].B();
      for (int64_t at = 0; at < T * B; ++at) {
        const bool starts = at < B || is_frame[at - B] == 0 || discount[at - B] == 0;
        if (starts && is_frame[at] != 0) found.push_back(score[at]);
      }
    }
    return found;
  }

  const double quantile_;
  const bool frames_, mean_;
  float threshold_ = 0;
  double weight_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Algorithm>> MakeCem(const AlgorithmConfig& config) {
  return std::make_unique<Cem>(config);
}

}  // namespace nyala
