#include "common/rl/algorithms/actor_critic_loss.h"

#include <torch/torch.h>

namespace nyala {

at::Tensor Algorithm::PolicyLoss(const Batch& batch, const Targets& targets,
                                 const at::Tensor& log_prob) const {
  return -(log_prob * (targets.advantages * batch.frames)).sum();
}

LossTerms ActorCriticLoss(const Algorithm& algorithm, const ActionDistribution& distribution,
                          const LossCosts& costs, double scale, const Batch& batch,
                          const Prediction& prediction, const Targets* fixed) {
  const int64_t T = batch.T();
  const auto terms = distribution.Evaluate(prediction.policy.narrow(0, 0, T), batch.actions);
  const Targets targets =
      fixed != nullptr ? *fixed
                       : algorithm.ComputeTargets(batch, terms.log_prob.detach().contiguous(),
                                                  prediction.value.detach().contiguous());
  // Masked rows have a zero factor each: their targets are finite, so nothing of them is left.
  const at::Tensor policy = algorithm.PolicyLoss(batch, targets, terms.log_prob);
  const at::Tensor entropy = (terms.entropy * batch.frames).sum();
  if (!algorithm.learns_value()) {
    const at::Tensor total = (policy - costs.entropy * entropy) * scale;
    return {total, policy.detach(), torch::zeros_like(policy), entropy.detach()};
  }
  const at::Tensor error = (targets.values - prediction.value.narrow(0, 0, T)) * batch.frames;
  const at::Tensor baseline = 0.5 * error.square().sum();
  const at::Tensor total = (policy + costs.baseline * baseline - costs.entropy * entropy) * scale;
  return {total, policy.detach(), baseline.detach(), entropy.detach()};
}

}  // namespace nyala
