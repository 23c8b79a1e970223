// Normal: independent normal distributions over n continuous actions ("normal").
//
// Head: n means, then n raw log sigmas (common/rl/distributions/sigma_map.h), which are learnt
// constants where policy.log_sigma is "free". Actions u are unbounded, in the policy's units; the
// environment gets them clipped to its bounds (common/rl/action_bounds.h). Densities, entropy and
// KL are exact and those of u before the clip, so importance weights are exact, too.
#pragma once

#include "common/rl/action_bounds.h"
#include "common/rl/distributions/distribution.h"
#include "common/rl/distributions/normal_math.h"
#include "common/rl/distributions/sigma_map.h"

namespace nyala {

class Normal : public ActionDistribution {
 public:
  Normal(const ActionBounds& bounds, const SigmaMap& sigma, bool free_sigma);
  int64_t parameters() const override { return 2 * n(); }
  int64_t free_parameters() const override { return free_sigma_ ? n() : 0; }
  float Sample(const float* head, const ActionKey& key, void* action) const override;
  void Greedy(const float* head, void* action) const override;
  bool transforms_actions() const override { return true; }
  void ToEnvironment(const void* action, void* environment_action) const override;
  Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const override;
  at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const override;

 protected:
  int64_t n() const { return bounds_.n(); }
  const ActionBounds& bounds() const { return bounds_; }
  // [..., n] each, of a head [..., 2n].
  NormalParts Split(const at::Tensor& head) const;

 private:
  const ActionBounds bounds_;
  const SigmaMap sigma_;
  const bool free_sigma_;
};

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeNormal(const PolicyConfig& policy,
                                                               const ActionSpec& action);

}  // namespace nyala
