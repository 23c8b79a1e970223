#include "common/rl/distributions/normal_math.h"

#include <torch/torch.h>

#include <cmath>

namespace nyala {

float NormalLogDensity(float x, float mean, float variance) {
  const float off = x - mean;
  return -0.5f * (off * off / variance + std::log(variance) + static_cast<float>(kLogTwoPi));
}

at::Tensor NormalLogDensity(const at::Tensor& x, const at::Tensor& mean,
                            const at::Tensor& variance) {
  return -0.5 * ((x - mean).square() / variance + variance.log() + kLogTwoPi);
}

at::Tensor NormalEntropy(const at::Tensor& variance) {
  return 0.5 * (variance.log() + (1 + kLogTwoPi));
}

at::Tensor NormalKl(const NormalParts& p, const NormalParts& q) {
  return 0.5 * ((p.variance + (p.mean - q.mean).square()) / q.variance - 1 + q.variance.log() -
                p.variance.log());
}

}  // namespace nyala
