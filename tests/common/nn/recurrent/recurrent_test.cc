#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <tuple>

#include "common/nn/recurrent/recurrent_core.h"

namespace nyala {
namespace {

NetworkConfig CoreConfig(const std::string& core, int layers, bool orthogonal = false) {
  NetworkConfig config;
  config.set_core(core);
  config.set_core_size(6);
  config.set_core_layers(layers);
  config.set_orthogonal_init(orthogonal);
  return config;
}

std::shared_ptr<RecurrentCore> MakeCore(const NetworkConfig& config, int64_t inputs) {
  torch::manual_seed(3);
  return *RecurrentCore::Create(config, inputs);
}

// Core and number of layers.
class RecurrentCoreTest : public testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  static constexpr int64_t kT = 8, kB = 4, kInputs = 5;

  const std::shared_ptr<RecurrentCore> core_ =
      MakeCore(CoreConfig(std::get<0>(GetParam()), std::get<1>(GetParam())), kInputs);
  const torch::Tensor x_ = torch::randn({kT, kB, kInputs}, torch::requires_grad());
  const torch::Tensor state_ = torch::randn({kB, core_->state_size()}) * 0.5;
  // What the outputs are weighed with for a gradient.
  const torch::Tensor weights_ = torch::randn({kT, kB, 6});

  // The gradients of x and all parameters.
  std::vector<torch::Tensor> Gradients(const torch::Tensor& h) const {
    std::vector<torch::Tensor> inputs = core_->parameters();
    inputs.push_back(x_);
    return torch::autograd::grad({(h * weights_).sum()}, inputs);
  }

  // By autograd, of plain operations, a row at a time.
  torch::Tensor StepLoop(const torch::Tensor& first, torch::Tensor* state) const {
    std::vector<torch::Tensor> rows;
    for (int64_t t = 0; t < kT; ++t) {
      const RecurrentCore::Output out =
          core_->Step(x_[t], *state * first[t].logical_not().unsqueeze(1));
      rows.push_back(out.h);
      *state = out.state;
    }
    return torch::stack(rows);
  }
};

TEST_P(RecurrentCoreTest, TheSequenceAndItsGradientsAreThoseOfAStepLoop) {
  for (const double resets : {0.0, 0.1, 0.5, 1.0}) {
    const torch::Tensor first = torch::rand({kT, kB}) < resets;
    const RecurrentCore::Output out = core_->Forward(x_, first, state_);
    torch::Tensor state = state_;
    const torch::Tensor expected = StepLoop(first, &state);
    EXPECT_TRUE(torch::allclose(out.h, expected, 1e-5, 1e-6)) << resets;
    EXPECT_TRUE(torch::allclose(out.state, state, 1e-5, 1e-6)) << resets;
    const std::vector<torch::Tensor> a = Gradients(out.h), b = Gradients(expected);
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(torch::allclose(a[i], b[i], 1e-4, 1e-5)) << resets << ", gradient " << i;
    }
  }
}

TEST_P(RecurrentCoreTest, WithoutResetsItIsLibTorchsLayer) {
  const auto& [name, layers] = GetParam();
  const torch::Tensor first = torch::zeros({kT, kB}, torch::kBool);
  const torch::Tensor zeros = torch::zeros_like(state_);
  const torch::Tensor h = core_->Forward(x_, first, zeros).h;
  const auto copy = [&](torch::nn::Module& theirs) {
    torch::NoGradGuard no_grad;
    for (auto& item : theirs.named_parameters()) {
      item.value().copy_(core_->named_parameters()[item.key()]);
    }
  };
  torch::Tensor expected;
  if (name == "lstm") {
    torch::nn::LSTM lstm(torch::nn::LSTMOptions(kInputs, 6).num_layers(layers));
    copy(*lstm);
    expected = std::get<0>(lstm(x_));
  } else {
    torch::nn::GRU gru(torch::nn::GRUOptions(kInputs, 6).num_layers(layers));
    copy(*gru);
    expected = std::get<0>(gru(x_));
  }
  EXPECT_TRUE(torch::allclose(h, expected, 1e-5, 1e-6));
}

TEST_P(RecurrentCoreTest, InferenceModeGivesTheSame) {
  const torch::Tensor first = torch::rand({kT, kB}) < 0.2;
  const RecurrentCore::Output learning = core_->Forward(x_, first, state_);
  const c10::InferenceMode guard;
  const RecurrentCore::Output acting = core_->Forward(x_, first, state_);
  EXPECT_TRUE(torch::equal(learning.h, acting.h));
  EXPECT_TRUE(torch::equal(learning.state, acting.state));
}

INSTANTIATE_TEST_SUITE_P(Cores, RecurrentCoreTest,
                         testing::Combine(testing::Values("lstm", "gru"), testing::Values(1, 2)),
                         [](const auto& info) {
                           return std::get<0>(info.param) + std::to_string(std::get<1>(info.param));
                         });

TEST(RecurrentCore, OrthogonalInitialisationRemembers) {
  const auto core = MakeCore(CoreConfig("lstm", 1, true), 40);
  const auto parameters = core->named_parameters();
  for (const char* name : {"weight_ih_l0", "weight_hh_l0"}) {
    const torch::Tensor w = parameters[name].detach();
    const bool tall = w.size(0) > w.size(1);
    const torch::Tensor product = tall ? w.t().mm(w) : w.mm(w.t());
    EXPECT_TRUE(torch::allclose(product, torch::eye(product.size(0)), 1e-4, 1e-5)) << name;
  }
  const torch::Tensor bias = parameters["bias_ih_l0"] + parameters["bias_hh_l0"];
  EXPECT_TRUE(torch::equal(bias.narrow(0, 6, 6), torch::ones({6})));
  EXPECT_EQ(bias.sum().item<float>(), 6.0f);
}

}  // namespace
}  // namespace nyala
