#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/nn/torso/image.h"
#include "common/nn/torso/layers.h"
#include "common/nn/torso/torso.h"
#include "common/rl/specs.h"

namespace nyala {
namespace {

class MlpTorso : public Torso {
 public:
  MlpTorso(const TorsoContext& context, const std::vector<int64_t>& widths, Activation activation)
      : activation_(activation),
        inputs_(TensorSpec{DType::kFloat32, context.shape}.elements()),
        features_(widths.back()) {
    int64_t inputs = inputs_;
    for (const int64_t width : widths) {
      layers_.push_back(
          AddLinear(context, "trunk" + std::to_string(layers_.size()), inputs, width));
      inputs = width;
    }
  }

  int64_t features() const override { return features_; }

  torch::Tensor Forward(torch::Tensor x) override {
    x = x.reshape({-1, inputs_});
    for (torch::nn::Linear& layer : layers_) x = Activate(activation_, layer(x));
    return x;
  }

 private:
  const Activation activation_;
  const int64_t inputs_, features_;
  std::vector<torch::nn::Linear> layers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Torso>> MakeMlpTorso(const TorsoContext& context) {
  NYALA_ASSIGN_OR_RETURN(const Activation activation, ActivationOf(context.config));
  NYALA_ASSIGN_OR_RETURN(const std::vector<int64_t> widths, HiddenWidths(context.config));
  return std::make_unique<MlpTorso>(context, widths, activation);
}

}  // namespace nyala
