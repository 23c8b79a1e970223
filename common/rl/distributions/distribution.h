// ActionDistribution: what a policy head's outputs mean.
//
// A distribution has two faces that must agree (tests/conformance checks it): plain loops over one
// row for the actor's sampling, and tensor operations for the learner's losses.
// What it samples is the policy's action: it travels in unrolls, and densities are of it. What the
// environment gets follows from it (ToEnvironment): for continuous actions the policy's units are
// half-widths of the bounds around their middle, and the bounds are honoured there, by a clip or a
// squash.
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
#include "nyala/run_config.pb.h"

namespace nyala {

class ActionDistribution {
 public:
  virtual ~ActionDistribution() = default;
  // P: outputs of the policy head per row.
  virtual int64_t parameters() const = 0;
  // How many of them, the last ones, are learnt constants rather than functions of the observation.
  virtual int64_t free_parameters() const { return 0; }

  // Samples an action from one row of P head outputs; writes it and returns its log-density.
  virtual float Sample(const float* head, const ActionKey& key, void* action) const = 0;
  // Writes the mode (of a mixture: the mean of its likeliest component).
  virtual void Greedy(const float* head, void* action) const = 0;

  // Whether the environment gets something else than the policy's action.
  virtual bool transforms_actions() const { return false; }
  // Writes the environment's action, of the same size, for the policy's. Only if
  // transforms_actions().
  virtual void ToEnvironment(const void* /*action*/, void* /*environment_action*/) const {}

  // Both [...] float32 and differentiable in `head`.
  struct Terms {
    at::Tensor log_prob;  // log pi(a|x)
    at::Tensor entropy;   // in nats
  };
  // head [..., P]; actions [...] int64 (discrete), [..., n] int64 (multi-discrete and multi-binary)
  // or [..., n] float32 (continuous).
  virtual Terms Evaluate(const at::Tensor& head, const at::Tensor& actions) const = 0;
  // KL(p || q) of two heads' distributions, [...] float32, in nats.
  virtual at::Tensor Kl(const at::Tensor& p, const at::Tensor& q) const = 0;
};

using DistributionRegistry = Registry<absl::StatusOr<std::unique_ptr<ActionDistribution>>,
                                      const PolicyConfig&, const ActionSpec&>;
// Filled by register_distributions.cc.
DistributionRegistry& Distributions();
// policy.distribution, or, if that is "auto", the default for the kind of action: "categorical",
// "multi_discrete", "bernoulli", "normal". InvalidArgument names policy.distribution, the
// environment's actions and what to use instead.
absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeDistribution(const PolicyConfig& policy,
                                                                     const ActionSpec& action);

}  // namespace nyala
