#include "common/nn/torso/layers.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace nyala {

torch::Tensor Activate(Activation activation, const torch::Tensor& x) {
  switch (activation) {
    case Activation::kTanh:
      return x.tanh();
    case Activation::kRelu:
      return x.relu();
    case Activation::kElu:
      return torch::elu(x);
  }
  return x;
}

absl::StatusOr<std::vector<int64_t>> HiddenWidths(const NetworkConfig& config) {
  if (config.hidden().empty()) return std::vector<int64_t>{64, 64};
  std::vector<int64_t> widths;
  for (const int32_t width : config.hidden()) {
    if (width < 1) {
      return absl::InvalidArgumentError(
          absl::StrFormat("network.hidden: a layer of width %d; widths are at least 1", width));
    }
    widths.push_back(width);
  }
  return widths;
}

torch::nn::Linear MakeLinear(int64_t inputs, int64_t outputs, bool orthogonal, double gain) {
  torch::nn::Linear layer(inputs, outputs);
  if (orthogonal) {
    torch::NoGradGuard no_grad;
    torch::nn::init::orthogonal_(layer->weight, gain);
    layer->bias.zero_();
  }
  return layer;
}

torch::nn::Linear MakeHead(int64_t inputs, int64_t policy_outputs, bool orthogonal) {
  torch::nn::Linear head(inputs, policy_outputs + 1);
  if (orthogonal) {
    torch::NoGradGuard no_grad;
    torch::Tensor policy = torch::empty({policy_outputs, inputs});
    torch::Tensor value = torch::empty({1, inputs});
    torch::nn::init::orthogonal_(policy, 0.01);
    torch::nn::init::orthogonal_(value, 1.0);
    head->weight.copy_(torch::cat({policy, value}));
    head->bias.zero_();
  }
  return head;
}

}  // namespace nyala
