#include "common/rl/distributions/bernoulli.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "common/rl/distributions/action_random.h"

namespace nyala {
namespace {

// log sigmoid(x).
double LogSigmoid(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

}  // namespace

float Bernoulli::Sample(const float* head, const ActionKey& key, void* action) const {
  RandomSequence random = ActionRandom(key);
  auto* const bits = static_cast<int32_t*>(action);
  double log_prob = 0;
  for (int64_t i = 0; i < bits_; ++i) {
    bits[i] = random.Uniform() < 1 / (1 + std::exp(-static_cast<double>(head[i]))) ? 1 : 0;
    log_prob += LogSigmoid(bits[i] == 1 ? head[i] : -head[i]);
  }
  return static_cast<float>(log_prob);
}

void Bernoulli::Greedy(const float* head, void* action) const {
  for (int64_t i = 0; i < bits_; ++i) static_cast<int32_t*>(action)[i] = head[i] > 0 ? 1 : 0;
}

ActionDistribution::Terms Bernoulli::Evaluate(const at::Tensor& head,
                                              const at::Tensor& actions) const {
  // log pi of a bit is log sigmoid(logit) where it is 1, log sigmoid(-logit) where it is 0.
  const at::Tensor signs = actions.to(head.scalar_type()) * 2 - 1;
  const at::Tensor p_log_p = torch::sigmoid(head) * torch::log_sigmoid(head) +
                             torch::sigmoid(-head) * torch::log_sigmoid(-head);
  return {torch::log_sigmoid(signs * head).sum(-1), -p_log_p.sum(-1)};
}

at::Tensor Bernoulli::Kl(const at::Tensor& p, const at::Tensor& q) const {
  const at::Tensor of_ones = torch::sigmoid(p) * (torch::log_sigmoid(p) - torch::log_sigmoid(q));
  const at::Tensor of_zeros =
      torch::sigmoid(-p) * (torch::log_sigmoid(-p) - torch::log_sigmoid(-q));
  return (of_ones + of_zeros).sum(-1);
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeBernoulli(const PolicyConfig&,
                                                                  const ActionSpec& action) {
  if (action.n < 1) return absl::InvalidArgumentError("the environment has no actions");
  return std::make_unique<Bernoulli>(action.n);
}

}  // namespace nyala
