#include "common/nn/torso/image.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/nn/torso/layers.h"

namespace nyala {
namespace {

class ConvolutionTorso : public Torso {
 public:
  ConvolutionTorso(const TorsoContext& context, const ImageShape& image,
                   const std::vector<ConvolutionShape>& convolutions, int64_t features)
      : image_(image), features_(features) {
    ImageShape shape = image;
    for (const ConvolutionShape& convolution : convolutions) {
      const std::string name = "conv" + std::to_string(convolutions_.size());
      convolutions_.push_back(AddConvolution(context, name, convolution, &shape));
    }
    linear_ = AddLinear(context, "linear0", shape.elements(), features);
  }

  int64_t features() const override { return features_; }

  torch::Tensor Forward(torch::Tensor x) override {
    x = ToImages(x, image_);
    for (torch::nn::Conv2d& layer : convolutions_) x = layer(x).relu_();
    return linear_(x.flatten(1)).relu_();
  }

 private:
  const ImageShape image_;
  const int64_t features_;
  std::vector<torch::nn::Conv2d> convolutions_;
  torch::nn::Linear linear_{nullptr};
};

// The least height and width of which something is left.
int64_t SmallestImage(const std::vector<ConvolutionShape>& convolutions) {
  int64_t size = 1;
  for (auto layer = convolutions.rbegin(); layer != convolutions.rend(); ++layer) {
    size = (size - 1) * layer->stride + layer->kernel - 2 * layer->padding;
  }
  return size;
}

}  // namespace

absl::StatusOr<ImageShape> ImageShapeOf(const TorsoContext& context, int64_t smallest) {
  const std::vector<int64_t>& shape = context.shape;
  if (shape.size() != 2 && shape.size() != 3) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "network.name: '%s' needs image observations, but environment '%s' has %d-dimensional "
        "ones; use --set network.name=mlp",
        context.config.name(), context.environment, shape.size()));
  }
  const ImageShape image = shape.size() == 3 ? ImageShape{shape[0], shape[1], shape[2]}
                                             : ImageShape{1, shape[0], shape[1]};
  if (image.height < smallest || image.width < smallest) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "network.name: '%s' needs images of at least %dx%d, but environment '%s' has %s; use "
        "--set network.name=cnn or minatar",
        context.config.name(), smallest, smallest, context.environment, absl::StrJoin(shape, "x")));
  }
  return image;
}

torch::nn::Conv2d AddConvolution(const TorsoContext& context, const std::string& name,
                                 const ConvolutionShape& shape, ImageShape* image) {
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(image->channels, shape.channels, shape.kernel)
                              .stride(shape.stride)
                              .padding(shape.padding));
  if (context.config.orthogonal_init()) {
    torch::NoGradGuard no_grad;
    torch::nn::init::orthogonal_(layer->weight, std::sqrt(2.0));
    layer->bias.zero_();
  }
  const auto after = [&shape](int64_t size) {
    return (size + 2 * shape.padding - shape.kernel) / shape.stride + 1;
  };
  *image = {shape.channels, after(image->height), after(image->width)};
  return context.owner.register_module(context.prefix + name, layer);
}

torch::nn::Linear AddLinear(const TorsoContext& context, const std::string& name, int64_t inputs,
                            int64_t outputs) {
  return context.owner.register_module(
      context.prefix + name,
      MakeLinear(inputs, outputs, context.config.orthogonal_init(), std::sqrt(2.0)));
}

absl::StatusOr<std::unique_ptr<Torso>> MakeConvolutionTorso(
    const TorsoContext& context, const std::vector<ConvolutionShape>& convolutions,
    int64_t features) {
  NYALA_ASSIGN_OR_RETURN(const ImageShape image,
                         ImageShapeOf(context, SmallestImage(convolutions)));
  return std::make_unique<ConvolutionTorso>(context, image, convolutions, features);
}

torch::Tensor ToImages(const torch::Tensor& x, const ImageShape& image) {
  const torch::Tensor images = x.reshape({-1, image.channels, image.height, image.width});
  // Measured on CPUs: up to 2.5 times faster than NCHW at 84x84, half as fast at 10x10.
  const bool last = x.is_cpu() && image.height * image.width >= 256;
  return last ? images.contiguous(torch::MemoryFormat::ChannelsLast) : images;
}

}  // namespace nyala
