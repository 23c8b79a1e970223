// MultiDiscrete: independent choices, number i among choices[i] from as many logits of its own;
// P = sum of choices, in order. Log-density, entropy and KL are exact: sums over the dimensions.
#pragma once

#include <vector>

#include "common/rl/distributions/distribution.h"

namespace nyala {

class MultiDiscrete : public ActionDistribution {
 public:
  explicit MultiDiscrete(std::vector<int64_t> choices);
  int64_t parameters() const override { return parameters_; }
  float Sample(const float* head, const ActionKey& key, void* action) const override;
  void Greedy(const float* head, void* action) const override;
  Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const override;
  at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const override;

 private:
  const std::vector<int64_t> choices_;
  int64_t parameters_ = 0;
};

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeMultiDiscrete(const PolicyConfig& policy,
                                                                      const ActionSpec& action);

}  // namespace nyala
