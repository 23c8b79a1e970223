#include "common/rl/distributions/normal.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "common/base/status_macros.h"
#include "common/rl/choices.h"
#include "common/rl/distributions/action_random.h"

namespace nyala {

Normal::Normal(const ActionBounds& bounds, const SigmaMap& sigma, bool free_sigma)
    : bounds_(bounds), sigma_(sigma), free_sigma_(free_sigma) {}

float Normal::Sample(const float* head, const ActionKey& key, void* action) const {
  RandomSequence random = ActionRandom(key);
  NormalSequence normal(&random);
  auto* const u = static_cast<float*>(action);
  float log_prob = 0;
  for (int64_t i = 0; i < n(); ++i) {
    const float variance = sigma_.Variance(head[n() + i]);
    u[i] = head[i] + std::sqrt(variance) * normal.Next();
    // Density of what was stored, rounded as it is, not of the number drawn: as the learner sees
    // it.
    log_prob += NormalLogDensity(u[i], head[i], variance);
  }
  return log_prob;
}

void Normal::Greedy(const float* head, void* action) const {
  std::copy_n(head, n(), static_cast<float*>(action));
}

void Normal::ToEnvironment(const void* action, void* environment_action) const {
  for (int64_t i = 0; i < n(); ++i) {
    static_cast<float*>(environment_action)[i] =
        bounds_.ToEnvironment(i, static_cast<const float*>(action)[i]);
  }
}

NormalParts Normal::Split(const at::Tensor& head) const {
  return {head.narrow(-1, 0, n()), sigma_.Variance(head.narrow(-1, n(), n()))};
}

ActionDistribution::Terms Normal::Evaluate(const at::Tensor& head,
                                           const at::Tensor& actions) const {
  const NormalParts parts = Split(head);
  return {NormalLogDensity(actions, parts.mean, parts.variance).sum(-1),
          NormalEntropy(parts.variance).sum(-1)};
}

at::Tensor Normal::Kl(const at::Tensor& p, const at::Tensor& q) const {
  return NormalKl(Split(p), Split(q)).sum(-1);
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeNormal(const PolicyConfig& policy,
                                                               const ActionSpec& action) {
  NYALA_ASSIGN_OR_RETURN(const ActionBounds bounds, ActionBounds::Make(action));
  NYALA_ASSIGN_OR_RETURN(const SigmaMap sigma, SigmaMap::Make(policy));
  NYALA_ASSIGN_OR_RETURN(const LogSigma log_sigma, LogSigmaOf(policy));
  return std::make_unique<Normal>(bounds, sigma, log_sigma == LogSigma::kFree);
}

}  // namespace nyala
