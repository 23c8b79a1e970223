// Categorical: a choice among n actions from n logits, by log-softmax (stable for any finite
// logits). Entropy and KL are exact.
#pragma once

#include "common/rl/distributions/distribution.h"

namespace nyala {

class Categorical : public ActionDistribution {
 public:
  explicit Categorical(int64_t actions) : actions_(actions) {}
  int64_t parameters() const override { return actions_; }
  float Sample(const float* head, const ActionKey& key, void* action) const override;
  void Greedy(const float* head, void* action) const override;
  Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const override;
  at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const override;

 private:
  const int64_t actions_;
};

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeCategorical(const PolicyConfig& policy,
                                                                    const ActionSpec& action);

}  // namespace nyala
