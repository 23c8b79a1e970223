// One-dimensional normal distributions: log-density, entropy and divergence, by mean and variance.
// Pure. Tensors are elementwise, of shapes that broadcast.
#pragma once

#include <ATen/core/Tensor.h>

namespace nyala {

constexpr double kLogTwoPi = 1.8378770664093453;

float NormalLogDensity(float x, float mean, float variance);
at::Tensor NormalLogDensity(const at::Tensor& x, const at::Tensor& mean,
                            const at::Tensor& variance);
// In nats.
at::Tensor NormalEntropy(const at::Tensor& variance);

struct NormalParts {
  at::Tensor mean;
  at::Tensor variance;
};
// KL(p || q).
at::Tensor NormalKl(const NormalParts& p, const NormalParts& q);

}  // namespace nyala
