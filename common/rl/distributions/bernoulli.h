// Bernoulli: n independent bits from n logits; bit i is 1 with probability sigmoid(logit i). By
// log-sigmoid, stable for any finite logits. Log-density, entropy and KL are exact.
#pragma once

#include "common/rl/distributions/distribution.h"

namespace nyala {

class Bernoulli : public ActionDistribution {
 public:
  explicit Bernoulli(int64_t bits) : bits_(bits) {}
  int64_t parameters() const override { return bits_; }
  float Sample(const float* head, const ActionKey& key, void* action) const override;
  void Greedy(const float* head, void* action) const override;
  Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const override;
  at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const override;

 private:
  const int64_t bits_;
};

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeBernoulli(const PolicyConfig& policy,
                                                                  const ActionSpec& action);

}  // namespace nyala
