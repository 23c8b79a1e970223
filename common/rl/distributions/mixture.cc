#include "common/rl/distributions/mixture.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/rl/choices.h"
#include "common/rl/distributions/action_random.h"
#include "common/rl/softmax.h"

namespace nyala {
namespace {

constexpr int64_t kMaxComponents = 64;

// Evenly spaced in (-1, 1) over the components, in another order for each dimension, or all would
// lie on the diagonal.
float Offset(int64_t k, int64_t i, int64_t K) {
  return static_cast<float>(2 * ((k + i) % K) + 1) / static_cast<float>(K) - 1;
}

at::Tensor Offsets(int64_t K, int64_t n) {
  at::Tensor offsets = torch::empty({K, n});
  for (int64_t k = 0; k < K; ++k) {
    for (int64_t i = 0; i < n; ++i) offsets.data_ptr<float>()[k * n + i] = Offset(k, i, K);
  }
  return offsets;
}

// Bhattacharyya distances between all components: [..., K, n] to [..., K, K].
at::Tensor PairwiseDistances(const NormalParts& normals) {
  const at::Tensor off = normals.mean.unsqueeze(-2) - normals.mean.unsqueeze(-3);
  const at::Tensor middle = 0.5 * (normals.variance.unsqueeze(-2) + normals.variance.unsqueeze(-3));
  const at::Tensor half_log = 0.5 * normals.variance.log();
  const at::Tensor by_variance = middle.log() - (half_log.unsqueeze(-2) + half_log.unsqueeze(-3));
  return (0.125 * off.square() / middle + 0.5 * by_variance).sum(-1);
}

}  // namespace

Mixture::Mixture(const ActionBounds& bounds, const SigmaMap& sigma, int64_t components,
                 bool free_sigma)
    : bounds_(bounds),
      sigma_(sigma),
      K_(components),
      free_sigma_(free_sigma),
      offsets_(Offsets(components, bounds.n())) {}

float Mixture::Mean(const float* head, int64_t k, int64_t i) const {
  return head[K_ + k * n() + i] + Offset(k, i, K_);
}

float Mixture::Sample(const float* head, const ActionKey& key, void* action) const {
  RandomSequence random = ActionRandom(key);
  float log_weight;
  const int64_t chosen =
      ChooseBySoftmax(head, K_, static_cast<float>(random.Uniform()), &log_weight);
  const float* const raw = head + K_ + K_ * n();
  auto* const u = static_cast<float*>(action);
  NormalSequence normal(&random);
  for (int64_t i = 0; i < n(); ++i) {
    u[i] =
        Mean(head, chosen, i) + std::sqrt(sigma_.Variance(raw[chosen * n() + i])) * normal.Next();
  }
  // Density over all components: any may have given this action.
  float joint[kMaxComponents];
  LogSoftmax(head, K_, joint);
  for (int64_t k = 0; k < K_; ++k) {
    for (int64_t i = 0; i < n(); ++i) {
      joint[k] += NormalLogDensity(u[i], Mean(head, k, i), sigma_.Variance(raw[k * n() + i]));
    }
  }
  return LogSumExp(joint, K_);
}

void Mixture::Greedy(const float* head, void* action) const {
  const int64_t likeliest = std::max_element(head, head + K_) - head;
  for (int64_t i = 0; i < n(); ++i) static_cast<float*>(action)[i] = Mean(head, likeliest, i);
}

void Mixture::ToEnvironment(const void* action, void* environment_action) const {
  for (int64_t i = 0; i < n(); ++i) {
    static_cast<float*>(environment_action)[i] =
        bounds_.ToEnvironment(i, static_cast<const float*>(action)[i]);
  }
}

Mixture::Parts Mixture::Split(const at::Tensor& head) const {
  std::vector<int64_t> shape = head.sizes().vec();
  shape.back() = K_;
  shape.push_back(n());
  const at::Tensor means = head.narrow(-1, K_, K_ * n()).reshape(shape);
  const at::Tensor raw = head.narrow(-1, K_ + K_ * n(), K_ * n()).reshape(shape);
  return {torch::log_softmax(head.narrow(-1, 0, K_), -1),
          {means + offsets_.to(head.options()), sigma_.Variance(raw)}};
}

ActionDistribution::Terms Mixture::Evaluate(const at::Tensor& head,
                                            const at::Tensor& actions) const {
  const Parts parts = Split(head);
  const auto& [mean, variance] = parts.normals;
  const at::Tensor within = NormalLogDensity(actions.unsqueeze(-2), mean, variance).sum(-1);
  const at::Tensor log_prob = torch::logsumexp(parts.log_weights + within, -1);
  // What is added to the entropy within the components: that of which one it is, as far as they
  // can be told apart.
  const at::Tensor confusion =
      torch::logsumexp(parts.log_weights.unsqueeze(-2) - PairwiseDistances(parts.normals), -1);
  const at::Tensor entropy =
      (parts.log_weights.exp() * (NormalEntropy(variance).sum(-1) - confusion)).sum(-1);
  return {log_prob, entropy};
}

at::Tensor Mixture::Kl(const at::Tensor& p, const at::Tensor& q) const {
  const Parts of_p = Split(p), of_q = Split(q);
  const at::Tensor pairs = NormalKl(of_p.normals, of_q.normals).sum(-1);
  return (of_p.log_weights.exp() * (of_p.log_weights - of_q.log_weights + pairs)).sum(-1);
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeMixture(const PolicyConfig& policy,
                                                                const ActionSpec& action) {
  NYALA_ASSIGN_OR_RETURN(const ActionBounds bounds, ActionBounds::Make(action));
  NYALA_ASSIGN_OR_RETURN(const SigmaMap sigma, SigmaMap::Make(policy));
  const int64_t components = policy.mixture_components();
  if (components < 1 || components > kMaxComponents) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "policy.mixture_components is %d; it must be in [1, %d]", components, kMaxComponents));
  }
  NYALA_ASSIGN_OR_RETURN(const LogSigma log_sigma, LogSigmaOf(policy));
  return std::make_unique<Mixture>(bounds, sigma, components, log_sigma == LogSigma::kFree);
}

}  // namespace nyala
