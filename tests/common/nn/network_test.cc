#include "common/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/common/nn/network_configs.h"

namespace nyala {
namespace {

using testing::HasSubstr;

EnvSpec Env(std::vector<int64_t> shape, DType dtype = DType::kFloat32) {
  EnvSpec env;
  env.id = "Tested-v0";
  env.observation = Observation(dtype, std::move(shape));
  return env;
}

// W W^T = gain^2 I for wide weights, W^T W for tall ones.
void ExpectOrthogonal(const torch::Tensor& weight, double gain) {
  const torch::Tensor matrix = weight.detach().flatten(1);
  const bool wide = matrix.size(0) <= matrix.size(1);
  const torch::Tensor product = wide ? matrix.mm(matrix.t()) : matrix.t().mm(matrix);
  const torch::Tensor expected = torch::eye(product.size(0)) * gain * gain;
  EXPECT_LT((product - expected).abs().max().item<double>(), 1e-4 * std::max(1e-2, gain * gain));
}

TEST(Networks, OrthogonalWeightsHaveTheDocumentedGains) {
  const auto mlp = MakeNetwork(Config("mlp", {32, 16}), Env({4}), {3}, 1);
  ASSERT_TRUE(mlp.ok());
  const auto parameters = (*mlp)->named_parameters();
  ExpectOrthogonal(parameters["trunk0.weight"], std::sqrt(2.0));
  ExpectOrthogonal(parameters["trunk1.weight"], std::sqrt(2.0));
  ExpectOrthogonal(parameters["head.weight"].narrow(0, 0, 3), 0.01);
  ExpectOrthogonal(parameters["head.weight"].narrow(0, 3, 1), 1.0);
  for (const auto& item : parameters) {
    if (item.key().find("bias") == std::string::npos) continue;
    EXPECT_EQ(item.value().abs().max().item<float>(), 0.0f) << item.key();
  }
}

TEST(Networks, SeparateTrunksAndConvolutionsAreOrthogonalToo) {
  const auto separate = MakeNetwork(Separate(Config("mlp", {8})), Env({20}), {2}, 1);
  ASSERT_TRUE(separate.ok());
  ExpectOrthogonal((*separate)->named_parameters()["policy_trunk0.weight"], std::sqrt(2.0));
  ExpectOrthogonal((*separate)->named_parameters()["policy_head.weight"], 0.01);
  ExpectOrthogonal((*separate)->named_parameters()["value_head.weight"], 1.0);
  const auto cnn = MakeNetwork(Config("cnn", {8}), Env({2, 5, 5}), {2}, 1);
  ASSERT_TRUE(cnn.ok());
  ExpectOrthogonal((*cnn)->named_parameters()["conv0.weight"], std::sqrt(2.0));
  ExpectOrthogonal((*cnn)->named_parameters()["conv1.weight"], std::sqrt(2.0));
}

TEST(Networks, SeparateTrunksShareNothing) {
  const auto network = MakeNetwork(Separate(Config("mlp", {8})), Env({3}), {2}, 1);
  ASSERT_TRUE(network.ok());
  (*network)->Forward(torch::ones({1, 1, 3}), {}, {}).policy.sum().backward();
  for (const auto& item : (*network)->named_parameters()) {
    const bool of_value = item.key().rfind("value", 0) == 0;
    EXPECT_EQ(item.value().grad().defined(), !of_value) << item.key();
  }
}

TEST(Networks, BytesAreScaledAsTheEnvironmentSays) {
  const torch::Tensor bytes = torch::randint(0, 256, {3, 2, 6}, torch::kUInt8);
  EnvSpec env = Env({6}, DType::kUint8);
  for (const double scale : {1.0 / 255.0, 0.01}) {
    if (scale == 0.01) env.observation.byte_scale = scale;
    const auto network = MakeNetwork(Config("mlp"), env, {2}, 1);
    ASSERT_TRUE(network.ok());
    const NetworkOutput of_bytes = (*network)->Forward(bytes, {}, {});
    const NetworkOutput of_floats = (*network)->Forward(bytes.to(torch::kFloat32) * scale, {}, {});
    EXPECT_TRUE(torch::allclose(of_bytes.value, of_floats.value, 1e-5, 1e-6));
  }
}

TEST(Networks, FreeOutputsAreConstantsThatStartAtZero) {
  const auto network = *MakeNetwork(Config("mlp", {8}), Env({3}), {5, 2}, 1);
  const torch::Tensor x = torch::randn({4, 3, 3});
  EXPECT_EQ(network->Forward(x, {}, {}).policy.narrow(2, 3, 2).abs().max().item<float>(), 0.0f);
  torch::NoGradGuard no_grad;
  network->named_parameters()["head_free"].copy_(torch::tensor({1.5f, -2.0f}));
  const torch::Tensor policy = network->Forward(x, {}, {}).policy;
  EXPECT_TRUE(torch::equal(policy.narrow(2, 3, 2), torch::tensor({1.5f, -2.0f}).expand({4, 3, 2})));
  EXPECT_GT(policy.narrow(2, 0, 3).std().item<float>(), 0.0f);
}

absl::Status Refusal(const NetworkConfig& config, const EnvSpec& env) {
  return MakeNetwork(config, env, {2}, 1).status();
}

TEST(Networks, WhatDoesNotFitIsRefusedByName) {
  const absl::Status unknown = Refusal(Config("mpl"), Env({4}));
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("mlp"));

  for (const char* name : {"mlp", "cnn"}) {
    const absl::Status activation = Refusal(With(Config(name), "tanhh", true), Env({4, 4}));
    EXPECT_EQ(activation.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(activation.message()), HasSubstr("network.activation"));
    const absl::Status width = Refusal(Config(name, {64, 0}), Env({4, 4}));
    EXPECT_EQ(width.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(width.message()), HasSubstr("network.hidden"));
  }

  const absl::Status flat = Refusal(Config("cnn"), Env({4}));
  EXPECT_EQ(flat.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(flat.message()), HasSubstr("network.name"));
  EXPECT_THAT(std::string(flat.message()), HasSubstr("Tested-v0"));
  const absl::Status small = Refusal(Config("nature"), Env({4, 36, 35}));
  EXPECT_EQ(small.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(small.message()), HasSubstr("at least 36x36"));
  EXPECT_THAT(std::string(small.message()), HasSubstr("4x36x35"));
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(Config("impala_shallow"), Env({4, 19, 20}))));
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(Config("minatar"), Env({4, 3, 2}))));

  const absl::Status separate = Refusal(Separate(Core(Config("mlp"), "lstm")), Env({4}));
  EXPECT_EQ(separate.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(separate.message()), HasSubstr("network.core"));
  EXPECT_THAT(std::string(separate.message()), HasSubstr("network.shared_trunk"));
  const absl::Status core = Refusal(Core(Config("mlp"), "lstmm"), Env({4}));
  EXPECT_THAT(std::string(core.message()), HasSubstr("network.core: "));
  EXPECT_THAT(std::string(core.message()), HasSubstr("lstm"));
  const absl::Status layers = Refusal(Core(Config("mlp"), "gru", 0), Env({4}));
  EXPECT_THAT(std::string(layers.message()), HasSubstr("network.core_layers"));
  const absl::Status stack = Refusal(Input(Config("mlp"), 0, false), Env({4}));
  EXPECT_THAT(std::string(stack.message()), HasSubstr("network.frame_stack"));

  const absl::Status channels = Refusal(Channels(Config("cnn"), {16, 0}), Env({4, 4}));
  EXPECT_EQ(channels.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(channels.message()), HasSubstr("network.channels"));
}

}  // namespace
}  // namespace nyala
