// Mixture: K = policy.mixture_components diagonal normals over the n continuous actions jointly
// ("mixture"): log pi(u) = log sum_k w_k N(u; mean_k, sigma_k).
//
// Head: K logits of w, K*n means, K*n raw log sigmas (component-major;
// common/rl/distributions/sigma_map.h), which are learnt constants where policy.log_sigma is
// "free". Constants in (-1, 1) are added to the means, so that components differ where a head
// starts, near 0. Units and clipping are Normal's, and K = 1 is Normal. Densities are exact;
// entropy and KL of mixtures have no closed form:
// - entropy is the pairwise lower bound with Bhattacharyya distances (Kolchinsky and Tracey,
//   "Estimating mixture entropy with pairwise distances", arXiv 1706.02419), exact where
//   components coincide and where they are far apart. An entropy bonus may only trust a bound
//   from below.
// - KL is the matched-pair upper bound KL(w) + sum_k w_k KL(N_k) (Do, "Fast approximation of
//   Kullback-Leibler distance for dependence trees and hidden Markov models", IEEE Signal
//   Processing Letters 10(4), 2003), exact where components are far apart: that of the pair of
//   component and action, of which two heads of one network change both little.
#pragma once

#include "common/rl/action_bounds.h"
#include "common/rl/distributions/distribution.h"
#include "common/rl/distributions/normal_math.h"
#include "common/rl/distributions/sigma_map.h"

namespace nyala {

class Mixture : public ActionDistribution {
 public:
  Mixture(const ActionBounds& bounds, const SigmaMap& sigma, int64_t components, bool free_sigma);
  int64_t parameters() const override { return K_ * (1 + 2 * n()); }
  int64_t free_parameters() const override { return free_sigma_ ? K_ * n() : 0; }
  float Sample(const float* head, const ActionKey& key, void* action) const override;
  // The mean of the likeliest component.
  void Greedy(const float* head, void* action) const override;
  bool transforms_actions() const override { return true; }
  void ToEnvironment(const void* action, void* environment_action) const override;
  Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const override;
  at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const override;

 private:
  struct Parts {
    at::Tensor log_weights;  // [..., K]
    NormalParts normals;     // [..., K, n] each
  };
  int64_t n() const { return bounds_.n(); }
  Parts Split(const at::Tensor& head) const;
  float Mean(const float* head, int64_t k, int64_t i) const;

  const ActionBounds bounds_;
  const SigmaMap sigma_;
  const int64_t K_;
  const bool free_sigma_;
  const at::Tensor offsets_;  // [K, n], added to the means
};

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeMixture(const PolicyConfig& policy,
                                                                const ActionSpec& action);

}  // namespace nyala
