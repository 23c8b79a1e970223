#include "common/rl/distributions/squashed_normal.h"

#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/rl/choices.h"

namespace nyala {
namespace {

constexpr double kLogTwo = 0.6931471805599453;

// Nodes and weights of Gauss-Hermite quadrature for the standard normal density (Abramowitz and
// Stegun, table 25.10, scaled), the positive half.
constexpr double kQuadrature[][2] = {
    {0.38676060450055727, 0.28656852123801213},   {1.163829100554965, 0.15833837275094942},
    {1.9519803457163336, 0.047284752354014005},   {2.7602450476307014, 0.0072669376011847411},
    {3.6008736241715482, 0.00052598492657390979}, {4.4929553025200111, 1.5300032162487306e-05},
    {5.4722257059493433, 1.3094732162868208e-07}, {6.6308781983931286, 1.4978147231618374e-10},
};

// log(1 - tanh^2 u): of the slope of tanh.
float LogSlope(float u) {
  const float size = std::abs(u);
  return 2 * (static_cast<float>(kLogTwo) - size - std::log1p(std::exp(-2 * size)));
}

at::Tensor LogSlope(const at::Tensor& u) { return 2 * (kLogTwo - u - torch::softplus(-2 * u)); }

}  // namespace

SquashedNormal::SquashedNormal(const ActionBounds& bounds, const SigmaMap& sigma, bool free_sigma)
    : Normal(bounds, sigma, free_sigma) {
  std::vector<double> nodes, weights;
  for (const auto& [node, weight] : kQuadrature) {
    nodes.insert(nodes.end(), {node, -node});
    weights.insert(weights.end(), {weight, weight});
  }
  nodes_ = torch::tensor(nodes, torch::kFloat64);
  weights_ = torch::tensor(weights, torch::kFloat64);
}

float SquashedNormal::Sample(const float* head, const ActionKey& key, void* action) const {
  float log_prob = Normal::Sample(head, key, action);
  for (int64_t i = 0; i < n(); ++i) log_prob -= LogSlope(static_cast<const float*>(action)[i]);
  return log_prob;
}

void SquashedNormal::ToEnvironment(const void* action, void* environment_action) const {
  for (int64_t i = 0; i < n(); ++i) {
    static_cast<float*>(environment_action)[i] =
        bounds().ToEnvironment(i, std::tanh(static_cast<const float*>(action)[i]));
  }
}

at::Tensor SquashedNormal::ExpectedLogSlope(const NormalParts& parts) const {
  const auto options = parts.mean.options();
  const at::Tensor u =
      parts.mean.unsqueeze(-1) + parts.variance.sqrt().unsqueeze(-1) * nodes_.to(options);
  return LogSlope(u).matmul(weights_.to(options));
}

ActionDistribution::Terms SquashedNormal::Evaluate(const at::Tensor& head,
                                                   const at::Tensor& actions) const {
  const NormalParts parts = Split(head);
  const at::Tensor log_prob =
      NormalLogDensity(actions, parts.mean, parts.variance) - LogSlope(actions);
  const at::Tensor entropy = NormalEntropy(parts.variance) + ExpectedLogSlope(parts);
  return {log_prob.sum(-1), entropy.sum(-1)};
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeSquashedNormal(const PolicyConfig& policy,
                                                                       const ActionSpec& action) {
  NYALA_ASSIGN_OR_RETURN(const ActionBounds bounds, ActionBounds::Make(action));
  NYALA_ASSIGN_OR_RETURN(const SigmaMap sigma, SigmaMap::Make(policy));
  if (const int64_t i = bounds.FirstUnbounded(); i >= 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "policy.distribution is 'squashed_normal' but the environment's action %d has the bounds "
        "[%g, %g]; set policy.distribution=normal",
        i, action.low[i], action.high[i]));
  }
  NYALA_ASSIGN_OR_RETURN(const LogSigma log_sigma, LogSigmaOf(policy));
  return std::make_unique<SquashedNormal>(bounds, sigma, log_sigma == LogSigma::kFree);
}

}  // namespace nyala
