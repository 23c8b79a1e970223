#include "common/rl/algorithms/returns.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace nyala {
namespace {

struct HostRows {
  explicit HostRows(const Batch& batch)
      : T(batch.T()),
        B(batch.B()),
        rewards(batch.rewards.cpu().contiguous()),
        discounts(batch.discounts.cpu().contiguous()),
        frames(batch.frames.cpu().contiguous()) {}
  const int64_t T, B;
  const at::Tensor rewards, discounts, frames;
};

}  // namespace

at::Tensor SessionReturns(const Batch& batch, const at::Tensor& ends) {
  const HostRows rows(batch);
  const at::Tensor host_ends = ends.defined() ? ends.cpu().contiguous() : at::Tensor();
  const float* rewards = rows.rewards.data_ptr<float>();
  const float* discounts = rows.discounts.data_ptr<float>();
  const float* frames = rows.frames.data_ptr<float>();
  const float* cut = ends.defined() ? host_ends.data_ptr<float>() : nullptr;
  const auto end_at = [&](int64_t i) { return cut == nullptr ? 0.0f : cut[i]; };
  at::Tensor made = torch::empty({rows.T, rows.B});
  float* out = made.data_ptr<float>();
  for (int64_t b = 0; b < rows.B; ++b) {
    float next = end_at(rows.T * rows.B + b);
    for (int64_t t = rows.T - 1; t >= 0; --t) {
      const int64_t i = t * rows.B + b;
      next = frames[i] != 0 ? rewards[i] + discounts[i] * next : end_at(i);
      out[i] = next;
    }
  }
  return made;
}

at::Tensor SessionTotals(const Batch& batch) {
  const HostRows rows(batch);
  const float* rewards = rows.rewards.data_ptr<float>();
  const float* discounts = rows.discounts.data_ptr<float>();
  const float* frames = rows.frames.data_ptr<float>();
  at::Tensor made = torch::zeros({rows.T, rows.B});
  float* out = made.data_ptr<float>();
  for (int64_t b = 0; b < rows.B; ++b) {
    for (int64_t t = 0; t < rows.T;) {
      // [t, end) is one session, or one row that is no frame.
      int64_t end = t;
      float total = 0;
      bool ended = frames[t * rows.B + b] == 0;
      while (!ended && end < rows.T && frames[end * rows.B + b] != 0) {
        total += rewards[end * rows.B + b];
        ended = discounts[end * rows.B + b] == 0;
        ++end;
      }
      end = std::max(end, t + 1);
      for (; t < end; ++t) out[t * rows.B + b] = total;
    }
  }
  return made;
}

std::vector<float> FrameValues(absl::Span<const Batch> tiles, absl::Span<const at::Tensor> values) {
  std::vector<float> gathered;
  for (size_t i = 0; i < tiles.size(); ++i) {
    const at::Tensor frames = tiles[i].frames.cpu();
    const at::Tensor kept = values[i].cpu().masked_select(frames != 0).contiguous();
    gathered.insert(gathered.end(), kept.data_ptr<float>(), kept.data_ptr<float>() + kept.numel());
  }
  return gathered;
}

double Quantile(std::vector<float> values, double q) {
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - std::floor(place)) * (values[above] - values[below]);
}

}  // namespace nyala
