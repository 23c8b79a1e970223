#include "common/nn/cnn.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/nn/layers.h"

namespace nyala {
namespace {

struct ImageShape {
  int64_t channels, height, width;
};

class Cnn : public Network {
 public:
  Cnn(const NetworkConfig& config, const std::vector<int64_t>& channels,
      const std::vector<int64_t>& widths, Activation activation, const ImageShape& image,
      int64_t policy_outputs)
      : activation_(activation), image_(image), policy_outputs_(policy_outputs) {
    const bool orthogonal = config.orthogonal_init();
    int64_t inputs = image.channels;
    for (size_t i = 0; i < channels.size(); ++i) {
      torch::nn::Conv2d layer(torch::nn::Conv2dOptions(inputs, channels[i], 3).padding(1));
      if (orthogonal) {
        torch::NoGradGuard no_grad;
        torch::nn::init::orthogonal_(layer->weight, std::sqrt(2.0));
        layer->bias.zero_();
      }
      convolutions_.push_back(register_module("conv" + std::to_string(i), layer));
      inputs = channels[i];
    }
    inputs *= image.height * image.width;
    for (size_t i = 0; i < widths.size(); ++i) {
      linears_.push_back(register_module(
          "linear" + std::to_string(i), MakeLinear(inputs, widths[i], orthogonal, std::sqrt(2.0))));
      inputs = widths[i];
    }
    head_ = register_module("head", MakeHead(inputs, policy_outputs, orthogonal));
  }

  NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor&,
                        const torch::Tensor&) override {
    const int64_t T = observations.size(0);
    const int64_t B = observations.size(1);
    torch::Tensor x =
        ToFloat(observations).reshape({T * B, image_.channels, image_.height, image_.width});
    for (torch::nn::Conv2d& layer : convolutions_) x = Activate(activation_, layer(x));
    x = x.flatten(1);
    for (torch::nn::Linear& layer : linears_) x = Activate(activation_, layer(x));
    const torch::Tensor out = head_(x).view({T, B, policy_outputs_ + 1});
    return {out.narrow(2, 0, policy_outputs_), out.select(2, policy_outputs_), {}};
  }

 private:
  const Activation activation_;
  const ImageShape image_;
  const int64_t policy_outputs_;
  std::vector<torch::nn::Conv2d> convolutions_;
  std::vector<torch::nn::Linear> linears_;
  torch::nn::Linear head_{nullptr};
};

absl::StatusOr<ImageShape> ImageShapeOf(const EnvSpec& env) {
  const std::vector<int64_t>& shape = env.observation.shape;
  if (shape.size() == 3) return ImageShape{shape[0], shape[1], shape[2]};
  if (shape.size() == 2) return ImageShape{1, shape[0], shape[1]};
  return absl::InvalidArgumentError(absl::StrFormat(
      "network.name: 'cnn' needs image observations, but environment '%s' has %d-dimensional "
      "ones; use --set network.name=mlp",
      env.id, shape.size()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeCnn(const NetworkConfig& config, const EnvSpec& env,
                                                 const PolicyHead& head) {
  NYALA_ASSIGN_OR_RETURN(const ImageShape image, ImageShapeOf(env));
  NYALA_ASSIGN_OR_RETURN(const Activation activation, ParseActivation(config.activation()));
  NYALA_ASSIGN_OR_RETURN(const std::vector<int64_t> widths, HiddenWidths(config));
  std::vector<int64_t> channels(config.channels().begin(), config.channels().end());
  if (channels.empty()) channels = {16, 32};
  for (const int64_t count : channels) {
    if (count < 1) {
      return absl::InvalidArgumentError(
          absl::StrFormat("network.channels: %d channels; at least 1 is needed", count));
    }
  }
  return std::make_unique<Cnn>(config, channels, widths, activation, image, head.outputs);
}

}  // namespace nyala
