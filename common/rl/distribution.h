// ActionDistribution: what a policy head's outputs mean.
//
// A distribution has two faces that must agree (tests/conformance checks it): plain loops over one
// row for the actor's sampling, and tensor operations for the learner's losses.
// Implementations are immutable; all methods may be called from any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/registry.h"
#include "common/rl/action_key.h"
#include "common/rl/specs.h"

namespace nyala {

class ActionDistribution {
 public:
  virtual ~ActionDistribution() = default;
  // P: outputs of the policy head per row.
  virtual int64_t parameters() const = 0;

  // Samples an action from one row of P head outputs; writes it and returns its log-density.
  virtual float Sample(const float* head, const ActionKey& key, void* action) const = 0;
  // Writes the mode.
  virtual void Greedy(const float* head, void* action) const = 0;

  // Both [...] float32 and differentiable in `head`.
  struct Terms {
    at::Tensor log_prob;  // log pi(a|x)
    at::Tensor entropy;   // in nats
  };
  // head [..., P]; actions [...] int64 (discrete) or [..., n] float32 (continuous).
  virtual Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const = 0;
};

using DistributionRegistry =
    Registry<absl::StatusOr<std::unique_ptr<ActionDistribution>>, const ActionSpec&>;
// Filled by register_distributions.cc.
DistributionRegistry& Distributions();
// The default for a kind of action: "categorical" for discrete ones.
absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeDistribution(const ActionSpec& action);

}  // namespace nyala
