// What convolutional torsos share: image shapes, layers and the memory format.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/nn/torso/torso.h"

namespace nyala {

struct ImageShape {
  int64_t channels = 0, height = 0, width = 0;
  int64_t elements() const { return channels * height * width; }
};

// [C, H, W], or [H, W] as one channel. InvalidArgument for other shapes, and for images that are
// less than `smallest` high or wide.
absl::StatusOr<ImageShape> ImageShapeOf(const TorsoContext& context, int64_t smallest = 1);

struct ConvolutionShape {
  int64_t channels, kernel, stride = 1, padding = 0;
};

// Registered with the context's owner; weights are orthogonal with gain sqrt(2) or LibTorch's
// default, as configured. Changes `image` to the shape after the layer.
torch::nn::Conv2d AddConvolution(const TorsoContext& context, const std::string& name,
                                 const ConvolutionShape& shape, ImageShape* image);
// The same for a linear layer.
torch::nn::Linear AddLinear(const TorsoContext& context, const std::string& name, int64_t inputs,
                            int64_t outputs);

// [convolution -> relu] each -> flatten -> linear -> relu; layers "conv0", ..., "linear0".
absl::StatusOr<std::unique_ptr<Torso>> MakeConvolutionTorso(
    const TorsoContext& context, const std::vector<ConvolutionShape>& convolutions,
    int64_t features);

// [N, ...] to [N, C, H, W] in the memory format in which convolutions on its device are fastest.
torch::Tensor ToImages(const torch::Tensor& x, const ImageShape& image);

}  // namespace nyala
