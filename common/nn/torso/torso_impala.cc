#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/nn/torso/image.h"
#include "common/nn/torso/torso.h"

namespace nyala {
namespace {

constexpr int64_t kSections[] = {16, 32, 32};
constexpr int64_t kFeatures = 256;

// x + conv(relu(conv(relu(x)))).
struct ResidualBlock {
  torch::Tensor Forward(const torch::Tensor& x) { return x + second(first(x.relu()).relu_()); }
  torch::nn::Conv2d first{nullptr}, second{nullptr};
};

struct Section {
  torch::nn::Conv2d convolution{nullptr};
  ResidualBlock blocks[2];
};

class ImpalaDeepTorso : public Torso {
 public:
  ImpalaDeepTorso(const TorsoContext& context, const ImageShape& image) : image_(image) {
    ImageShape shape = image;
    for (const int64_t channels : kSections) {
      const std::string name = "section" + std::to_string(sections_.size());
      const auto convolution = [&](const std::string& layer) {
        return AddConvolution(context, name + "_" + layer, {channels, 3, 1, 1}, &shape);
      };
      Section section;
      section.convolution = convolution("conv");
      shape.height = (shape.height + 1) / 2;
      shape.width = (shape.width + 1) / 2;
      for (int i = 0; i < 2; ++i) {
        section.blocks[i].first = convolution("block" + std::to_string(i) + "_conv0");
        section.blocks[i].second = convolution("block" + std::to_string(i) + "_conv1");
      }
      sections_.push_back(section);
    }
    linear_ = AddLinear(context, "linear0", shape.elements(), kFeatures);
  }

  int64_t features() const override { return kFeatures; }

  torch::Tensor Forward(torch::Tensor x) override {
    x = ToImages(x, image_);
    for (Section& section : sections_) {
      x = torch::max_pool2d(section.convolution(x), 3, 2, 1);
      for (ResidualBlock& block : section.blocks) x = block.Forward(x);
    }
    return linear_(x.relu().flatten(1)).relu_();
  }

 private:
  const ImageShape image_;
  std::vector<Section> sections_;
  torch::nn::Linear linear_{nullptr};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Torso>> MakeImpalaShallowTorso(const TorsoContext& context) {
  return MakeConvolutionTorso(context, {{16, 8, 4}, {32, 4, 2}}, kFeatures);
}

absl::StatusOr<std::unique_ptr<Torso>> MakeImpalaDeepTorso(const TorsoContext& context) {
  NYALA_ASSIGN_OR_RETURN(const ImageShape image, ImageShapeOf(context));
  return std::make_unique<ImpalaDeepTorso>(context, image);
}

}  // namespace nyala
