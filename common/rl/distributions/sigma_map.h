// SigmaMap: raw outputs of a policy head to variances of normal distributions, [...] to [...].
//
//   sigma^2 = min^2 + (max^2 - min^2) sigmoid(2 raw + shift),   max = 1000 initial
// where the shift makes sigma(0) the initial sigma. Between its two ends this is log sigma =
// log(initial) + raw; towards them it flattens smoothly, so the gradient is the true one of the
// density used and no raw output is beyond return, as it is behind a clamp. The upper end is there
// against overflow. initial = min keeps sigma where it is.
// Immutable; any thread. Plain and tensor form compute the same.
#pragma once

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class SigmaMap {
 public:
  // From policy.initial_sigma and policy.min_sigma, which InvalidArgument names.
  static absl::StatusOr<SigmaMap> Make(const PolicyConfig& policy);

  float Variance(float raw) const;
  at::Tensor Variance(const at::Tensor& raw) const;

 private:
  SigmaMap(double initial, double min);

  float low_;    // min^2
  float range_;  // max^2 - min^2
  float shift_;
};

}  // namespace nyala
