#include "common/rl/distributions/multi_discrete.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/rl/distributions/action_random.h"
#include "common/rl/softmax.h"

namespace nyala {

MultiDiscrete::MultiDiscrete(std::vector<int64_t> choices) : choices_(std::move(choices)) {
  for (const int64_t count : choices_) parameters_ += count;
}

float MultiDiscrete::Sample(const float* head, const ActionKey& key, void* action) const {
  RandomSequence random = ActionRandom(key);
  auto* const chosen = static_cast<int32_t*>(action);
  float log_prob = 0;
  for (size_t i = 0; i < choices_.size(); ++i) {
    float term;
    chosen[i] = static_cast<int32_t>(
        ChooseBySoftmax(head, choices_[i], static_cast<float>(random.Uniform()), &term));
    log_prob += term;
    head += choices_[i];
  }
  return log_prob;
}

void MultiDiscrete::Greedy(const float* head, void* action) const {
  auto* const chosen = static_cast<int32_t*>(action);
  for (size_t i = 0; i < choices_.size(); ++i) {
    chosen[i] = static_cast<int32_t>(std::max_element(head, head + choices_[i]) - head);
    head += choices_[i];
  }
}

ActionDistribution::Terms MultiDiscrete::Evaluate(const at::Tensor& head,
                                                  const at::Tensor& actions) const {
  const std::vector<at::Tensor> logits = head.split_with_sizes(choices_, -1);
  Terms sum;
  for (size_t i = 0; i < choices_.size(); ++i) {
    const at::Tensor log_pi = torch::log_softmax(logits[i], -1);
    const at::Tensor log_prob =
        log_pi.gather(-1, actions.narrow(-1, static_cast<int64_t>(i), 1)).squeeze(-1);
    const at::Tensor entropy = -(log_pi.exp() * log_pi).sum(-1);
    sum.log_prob = i == 0 ? log_prob : sum.log_prob + log_prob;
    sum.entropy = i == 0 ? entropy : sum.entropy + entropy;
  }
  return sum;
}

at::Tensor MultiDiscrete::Kl(const at::Tensor& p, const at::Tensor& q) const {
  const std::vector<at::Tensor> of_p = p.split_with_sizes(choices_, -1);
  const std::vector<at::Tensor> of_q = q.split_with_sizes(choices_, -1);
  at::Tensor sum;
  for (size_t i = 0; i < choices_.size(); ++i) {
    const at::Tensor log_p = torch::log_softmax(of_p[i], -1);
    const at::Tensor kl = (log_p.exp() * (log_p - torch::log_softmax(of_q[i], -1))).sum(-1);
    sum = i == 0 ? kl : sum + kl;
  }
  return sum;
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeMultiDiscrete(const PolicyConfig&,
                                                                      const ActionSpec& action) {
  if (action.n < 1 || static_cast<int64_t>(action.choices.size()) != action.n) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the environment gives numbers of choices for %d of its %d actions",
                        action.choices.size(), action.n));
  }
  if (*std::min_element(action.choices.begin(), action.choices.end()) < 1) {
    return absl::InvalidArgumentError("an action of the environment has no choices");
  }
  return std::make_unique<MultiDiscrete>(action.choices);
}

}  // namespace nyala
