#include "common/rl/distributions/sigma_map.h"

#include <torch/torch.h>

#include <cmath>

#include "absl/strings/str_format.h"

namespace nyala {
namespace {

constexpr double kMaxOverInitial = 1000;

}  // namespace

absl::StatusOr<SigmaMap> SigmaMap::Make(const PolicyConfig& policy) {
  const double initial = policy.initial_sigma(), min = policy.min_sigma();
  // Configurations are validated at start; one from a peer is checked here.
  if (!(min >= 1e-6 && initial >= min && initial <= 1e6)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "policy.min_sigma is %g and policy.initial_sigma is %g; set 1e-6 <= policy.min_sigma <= "
        "policy.initial_sigma <= 1e6",
        min, initial));
  }
  return SigmaMap(initial, min);
}

SigmaMap::SigmaMap(double initial, double min) {
  const double max = kMaxOverInitial * initial;
  const double part = (initial * initial - min * min) / (max * max - min * min);
  low_ = static_cast<float>(min * min);
  range_ = static_cast<float>(max * max - min * min);
  // -infinity where initial = min: the sigmoid is then 0 for every raw output.
  shift_ = static_cast<float>(std::log(part) - std::log1p(-part));
}

float SigmaMap::Variance(float raw) const {
  return low_ + range_ / (1 + std::exp(-(2 * raw + shift_)));
}

at::Tensor SigmaMap::Variance(const at::Tensor& raw) const {
  return low_ + range_ * torch::sigmoid(2 * raw + shift_);
}

}  // namespace nyala
