#include "common/rl/distributions/categorical.h"

#include <torch/torch.h>

#include <algorithm>

#include "common/base/random.h"
#include "common/rl/softmax.h"

namespace nyala {

float Categorical::Sample(const float* head, const ActionKey& key, void* action) const {
  const double uniform = RandomUniform(key.seed, key.environment, key.step, RandomPurpose::kAction);
  float log_probability;
  *static_cast<int32_t*>(action) = static_cast<int32_t>(
      ChooseBySoftmax(head, actions_, static_cast<float>(uniform), &log_probability));
  return log_probability;
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

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeCategorical(const PolicyConfig&,
                                                                    const ActionSpec& action) {
  if (action.n < 1) return absl::InvalidArgumentError("the environment has no actions");
  return std::make_unique<Categorical>(action.n);
}

}  // namespace nyala
