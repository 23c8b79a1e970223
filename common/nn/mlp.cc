#include "common/nn/mlp.h"

#include <cmath>
#include <vector>

#include "common/base/status_macros.h"
#include "common/nn/layers.h"

namespace nyala {
namespace {

class Mlp : public Network {
 public:
  Mlp(const std::vector<int64_t>& widths, Activation activation, bool shared, bool orthogonal,
      int64_t features, int64_t policy_outputs)
      : activation_(activation), features_(features), policy_outputs_(policy_outputs) {
    if (shared) {
      trunk_ = MakeTrunk("trunk", widths, orthogonal);
      head_ = register_module("head", MakeHead(widths.back(), policy_outputs, orthogonal));
      return;
    }
    trunk_ = MakeTrunk("policy_trunk", widths, orthogonal);
    head_ =
        register_module("policy_head", MakeLinear(widths.back(), policy_outputs, orthogonal, 0.01));
    value_trunk_ = MakeTrunk("value_trunk", widths, orthogonal);
    value_head_ = register_module("value_head", MakeLinear(widths.back(), 1, orthogonal, 1.0));
  }

  NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor&,
                        const torch::Tensor&) override {
    const int64_t T = observations.size(0);
    const int64_t B = observations.size(1);
    const torch::Tensor x = ToFloat(observations).reshape({T * B, features_});
    const torch::Tensor out = head_(Run(trunk_, x)).view({T, B, -1});
    if (value_head_.is_empty()) {
      return {out.narrow(2, 0, policy_outputs_), out.select(2, policy_outputs_), {}};
    }
    return {out, value_head_(Run(value_trunk_, x)).view({T, B}), {}};
  }

 private:
  using Trunk = std::vector<torch::nn::Linear>;

  Trunk MakeTrunk(const std::string& name, const std::vector<int64_t>& widths, bool orthogonal) {
    Trunk trunk;
    int64_t inputs = features_;
    for (size_t i = 0; i < widths.size(); ++i) {
      trunk.push_back(register_module(name + std::to_string(i),
                                      MakeLinear(inputs, widths[i], orthogonal, std::sqrt(2.0))));
      inputs = widths[i];
    }
    return trunk;
  }

  torch::Tensor Run(Trunk& trunk, torch::Tensor x) const {
    for (torch::nn::Linear& layer : trunk) x = Activate(activation_, layer(x));
    return x;
  }

  const Activation activation_;
  const int64_t features_;
  const int64_t policy_outputs_;
  Trunk trunk_, value_trunk_;
  torch::nn::Linear head_{nullptr}, value_head_{nullptr};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeMlp(const NetworkConfig& config, const EnvSpec& env,
                                                 const PolicyHead& head) {
  NYALA_ASSIGN_OR_RETURN(const Activation activation, ParseActivation(config.activation()));
  NYALA_ASSIGN_OR_RETURN(const std::vector<int64_t> widths, HiddenWidths(config));
  return std::make_unique<Mlp>(widths, activation, config.shared_trunk(), config.orthogonal_init(),
                               env.observation.elements(), head.outputs);
}

}  // namespace nyala
