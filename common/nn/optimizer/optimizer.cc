#include "common/nn/optimizer/optimizer.h"

namespace nyala {

double ClipGlobalNorm(const torch::Tensor& gradients, double max_norm) {
  const double norm = gradients.norm().item<double>();
  if (max_norm > 0 && norm > max_norm) gradients.mul_(max_norm / norm);
  return norm;
}

}  // namespace nyala
