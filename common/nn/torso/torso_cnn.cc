#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/nn/torso/image.h"
#include "common/nn/torso/layers.h"
#include "common/nn/torso/torso.h"

namespace nyala {
namespace {

class CnnTorso : public Torso {
 public:
  CnnTorso(const TorsoContext& context, const ImageShape& image,
           const std::vector<int64_t>& channels, const std::vector<int64_t>& widths,
           Activation activation)
      : activation_(activation), image_(image), features_(widths.back()) {
    ImageShape shape = image;
    for (const int64_t count : channels) {
      const std::string name = "conv" + std::to_string(convolutions_.size());
      convolutions_.push_back(AddConvolution(context, name, {count, 3, 1, 1}, &shape));
    }
    int64_t inputs = shape.elements();
    for (const int64_t width : widths) {
      linears_.push_back(
          AddLinear(context, "linear" + std::to_string(linears_.size()), inputs, width));
      inputs = width;
    }
  }

  int64_t features() const override { return features_; }

  torch::Tensor Forward(torch::Tensor x) override {
    x = ToImages(x, image_);
    for (torch::nn::Conv2d& layer : convolutions_) x = Activate(activation_, layer(x));
    x = x.flatten(1);
    for (torch::nn::Linear& layer : linears_) x = Activate(activation_, layer(x));
    return x;
  }

 private:
  const Activation activation_;
  const ImageShape image_;
  const int64_t features_;
  std::vector<torch::nn::Conv2d> convolutions_;
  std::vector<torch::nn::Linear> linears_;
};

absl::StatusOr<std::vector<int64_t>> ChannelsOf(const NetworkConfig& config) {
  std::vector<int64_t> channels(config.channels().begin(), config.channels().end());
  if (channels.empty()) channels = {16, 32};
  for (const int64_t count : channels) {
    if (count < 1) {
      return absl::InvalidArgumentError(
          absl::StrFormat("network.channels: %d channels; at least 1 is needed", count));
    }
  }
  return channels;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Torso>> MakeCnnTorso(const TorsoContext& context) {
  NYALA_ASSIGN_OR_RETURN(const ImageShape image, ImageShapeOf(context));
  NYALA_ASSIGN_OR_RETURN(const Activation activation, ActivationOf(context.config));
  NYALA_ASSIGN_OR_RETURN(const std::vector<int64_t> widths, HiddenWidths(context.config));
  NYALA_ASSIGN_OR_RETURN(const std::vector<int64_t> channels, ChannelsOf(context.config));
  return std::make_unique<CnnTorso>(context, image, channels, widths, activation);
}

}  // namespace nyala
