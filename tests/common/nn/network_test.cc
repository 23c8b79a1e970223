#include "common/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <utility>

#include "tests/conformance/network_conformance.h"

namespace nyala {
namespace {

using testing::HasSubstr;

NetworkConfig Config(const std::string& name, std::vector<int> hidden = {}) {
  NetworkConfig config;
  config.set_name(name);
  config.mutable_hidden()->Add(hidden.begin(), hidden.end());
  return config;
}

NetworkConfig Separate(NetworkConfig config) {
  config.set_shared_trunk(false);
  return config;
}

NetworkConfig With(NetworkConfig config, const std::string& activation, bool orthogonal) {
  config.set_activation(activation);
  config.set_orthogonal_init(orthogonal);
  return config;
}

NetworkConfig Channels(NetworkConfig config, std::vector<int> channels) {
  config.mutable_channels()->Add(channels.begin(), channels.end());
  return config;
}

const std::vector<std::string> kSharedNames = {"trunk0.weight", "trunk0.bias", "trunk1.weight",
                                               "trunk1.bias",   "head.weight", "head.bias"};
const std::vector<std::string> kSeparateNames = {
    "policy_trunk0.weight", "policy_trunk0.bias", "policy_head.weight", "policy_head.bias",
    "value_trunk0.weight",  "value_trunk0.bias",  "value_head.weight",  "value_head.bias"};
const std::vector<std::string> kCnnNames = {"conv0.weight", "conv0.bias",     "conv1.weight",
                                            "conv1.bias",   "linear0.weight", "linear0.bias",
                                            "head.weight",  "head.bias"};

TensorSpec Observation(DType dtype, std::vector<int64_t> shape) {
  TensorSpec spec;
  spec.dtype = dtype;
  spec.shape = std::move(shape);
  return spec;
}

std::vector<NetworkCase> Cases() {
  std::vector<NetworkCase> cases;
  const auto add = [&cases](const std::string& label, const NetworkConfig& config,
                            const TensorSpec& observation, const std::vector<std::string>& names) {
    cases.push_back({label, config, observation, names});
  };
  add("mlp", Config("mlp"), Observation(DType::kFloat32, {4}), kSharedNames);
  add("mlp_relu_default_init", With(Config("mlp", {8, 8}), "relu", false),
      Observation(DType::kFloat32, {4}), kSharedNames);
  add("mlp_separate", Separate(Config("mlp", {16})), Observation(DType::kFloat32, {2, 3}),
      kSeparateNames);
  add("mlp_uint8", With(Config("mlp"), "elu", true), Observation(DType::kUint8, {10, 5}),
      kSharedNames);
  add("mlp_int32", Config("mlp"), Observation(DType::kInt32, {3}), kSharedNames);
  add("cnn", Config("cnn", {32}), Observation(DType::kFloat32, {3, 6, 5}), kCnnNames);
  add("cnn_uint8_one_channel", With(Channels(Config("cnn", {16}), {4, 6}), "relu", true),
      Observation(DType::kUint8, {7, 6}), kCnnNames);
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Registered, NetworkConformance, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.label; });

TEST(Networks, EveryRegisteredOneIsPutThroughConformance) {
  std::set<std::string> covered;
  for (const NetworkCase& one : Cases()) covered.insert(one.config.name());
  const std::vector<std::string> names = Networks().Names();
  EXPECT_EQ(covered, std::set<std::string>(names.begin(), names.end()));
}

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

TEST(Networks, Uint8ObservationsAreScaledToOne) {
  const auto network = MakeNetwork(Config("mlp"), Env({6}, DType::kUint8), {2}, 1);
  ASSERT_TRUE(network.ok());
  const torch::Tensor bytes = torch::randint(0, 256, {3, 2, 6}, torch::kUInt8);
  const NetworkOutput of_bytes = (*network)->Forward(bytes, {}, {});
  const NetworkOutput of_floats = (*network)->Forward(bytes.to(torch::kFloat32) / 255.0f, {}, {});
  EXPECT_TRUE(torch::allclose(of_bytes.value, of_floats.value, 1e-5, 1e-6));
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
  const absl::Status channels = Refusal(Channels(Config("cnn"), {16, 0}), Env({4, 4}));
  EXPECT_EQ(channels.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(channels.message()), HasSubstr("network.channels"));
}

}  // namespace
}  // namespace nyala
