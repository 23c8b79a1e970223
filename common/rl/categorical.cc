#include "common/rl/categorical.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "common/base/random.h"

namespace nyala {

float Categorical::Sample(const float* head, const ActionKey& key, void* action) const {
  const float highest = *std::max_element(head, head + actions_);
  float total = 0;
  for (int64_t a = 0; a < actions_; ++a) total += std::exp(head[a] - highest);
  // Inverse of the cumulative distribution: one uniform number an action.
  const auto uniform = static_cast<float>(
      RandomUniform(key.seed, key.environment, key.step, RandomPurpose::kAction));
  float left = uniform * total;
  int64_t chosen = 0;
  for (; chosen < actions_ - 1; ++chosen) {
    left -= std::exp(head[chosen] - highest);
    if (left < 0) break;
  }
  // Rounding may carry the loop to a last action of no probability: the likeliest is never wrong.
  if (head[chosen] - highest < -80.0f) chosen = std::max_element(head, head + actions_) - head;
  *static_cast<int32_t*>(action) = static_cast<int32_t>(chosen);
  return head[chosen] - highest - std::log(total);
}

void Categorical::Greedy(const float* head, void* action) const {
  *static_cast<int32_t*>(action) =
      static_cast<int32_t>(std::max_element(head, head + actions_) - head);
}

ActionDistribution::Terms Categorical::Evaluate(const at::Tensor& head,
                                                const at::Tensor& actions) const {
  const at::Tensor log_pi = torch::log_softmax(head, -1);
  return {log_pi.gather(-1, actions.unsqueeze(-1)).squeeze(-1), -(log_pi.exp() * log_pi).sum(-1)};
}

at::Tensor Categorical::Kl(const at::Tensor& p, const at::Tensor& q) const {
  const at::Tensor log_p = torch::log_softmax(p, -1);
  return (log_p.exp() * (log_p - torch::log_softmax(q, -1))).sum(-1);
}

}  // namespace nyala
