#include "learner/training/reward_scale.h"

#include <cmath>

#include "common/base/check.h"
#include "common/rl/distributions/surprise.h"
#include "common/rl/episode_rows.h"

namespace nyala {

void RewardScale::Update(Slab& slab) {
  double count = 0, sum = 0, squares = 0;
  for (const Tile& tile : slab.tiles()) {
    for (int64_t b = 0; b < tile.columns; ++b) {
      // Replayed columns come last; they were counted when they were new.
      if (tile.first_column + b >= slab.columns() - slab.replayed_columns) break;
      double running = 0;
      for (int64_t t = 0; t < slab.T(); ++t) {
        const int64_t i = t * tile.columns + b;
        if (!RowIsFrame(tile.flags[i])) continue;
        if ((tile.flags[i] & kRowFirst) != 0) running = 0;
        running = tile.rewards[i] + discount_ * running;
        count += 1;
        sum += running;
        squares += running * running;
      }
    }
  }
  if (count == 0) return;
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  const double total = count_ + count;
  const double delta = mean - mean_;
  if (IsFarBeyond({count_, mean_, variance_}, mean, variance)) return;
  variance_ =
      (variance_ * count_ + variance * count + delta * delta * count_ * count / total) / total;
  mean_ += delta * count / total;
  // A limit keeps it able to follow, and exact as a float.
  count_ = std::min(total, 1e7);
  // A checkpoint keeps floats: a run that goes on must equal one that is resumed.
  mean_ = static_cast<float>(mean_);
  variance_ = static_cast<float>(variance_);
}

double RewardScale::factor() const {
  // A smaller variance is rounding: all rewards are alike.
  return variance_ > 1e-12 ? 1.0 / std::sqrt(variance_ + 1e-8) : 1.0;
}

std::vector<float> RewardScale::Save() const {
  return {static_cast<float>(count_), static_cast<float>(mean_), static_cast<float>(variance_)};
}

void RewardScale::Restore(const std::vector<float>& state) {
  NYALA_CHECK(state.size() == 3, "not a reward scale");
  count_ = state[0];
  mean_ = state[1];
  variance_ = state[2];
}

}  // namespace nyala
