// All registered networks through tests/conformance/network_conformance.h.
#include "tests/conformance/network_conformance.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <utility>

#include "tests/common/nn/network_configs.h"

namespace nyala {
namespace {

using Names = std::vector<std::string>;

// Each layer's weight and bias.
Names LayerNames(const Names& layers) {
  Names names;
  for (const std::string& layer : layers) {
    names.push_back(layer + ".weight");
    names.push_back(layer + ".bias");
  }
  return names;
}

// The layers' names with a core of so many layers before the last of them, the head.
Names CoreNamesAnd(const Names& layers, int core_layers) {
  Names names;
  for (int i = 0; i < core_layers; ++i) {
    for (const char* name : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"}) {
      names.push_back("core." + std::string(name) + std::to_string(i));
    }
  }
  const Names others = LayerNames(layers);
  names.insert(names.begin(), others.begin(), others.end() - 2);
  names.insert(names.end(), others.end() - 2, others.end());
  return names;
}

const Names kShared = {"trunk0", "trunk1", "head"};
const Names kSeparate = {"policy_trunk0", "policy_head", "value_trunk0", "value_head"};
const Names kCnn = {"conv0", "conv1", "linear0", "head"};
const Names kDeep = {"section0_conv",
                     "section0_block0_conv0",
                     "section0_block0_conv1",
                     "section0_block1_conv0",
                     "section0_block1_conv1",
                     "section1_conv",
                     "section1_block0_conv0",
                     "section1_block0_conv1",
                     "section1_block1_conv0",
                     "section1_block1_conv1",
                     "section2_conv",
                     "section2_block0_conv0",
                     "section2_block0_conv1",
                     "section2_block1_conv0",
                     "section2_block1_conv1",
                     "linear0",
                     "head"};

std::vector<NetworkCase> Cases() {
  std::vector<NetworkCase> cases;
  const auto add = [&cases](const std::string& label, const NetworkConfig& config,
                            const TensorSpec& observation, const Names& names, int64_t free = 0) {
    cases.push_back({label, config, observation, names, free});
  };
  add("mlp", Config("mlp"), Observation(DType::kFloat32, {4}), LayerNames(kShared));
  add("mlp_relu_default_init", With(Config("mlp", {8, 8}), "relu", false),
      Observation(DType::kFloat32, {4}), LayerNames(kShared));
  add("mlp_separate", Separate(Config("mlp", {16})), Observation(DType::kFloat32, {2, 3}),
      LayerNames(kSeparate));
  add("mlp_uint8", With(Config("mlp"), "elu", true), Observation(DType::kUint8, {10, 5}),
      LayerNames(kShared));
  add("mlp_int32", Config("mlp"), Observation(DType::kInt32, {3}), LayerNames(kShared));
  Names free = LayerNames(kSeparate);
  free.insert(free.begin(), "head_free");
  add("mlp_separate_free", Separate(Config("mlp", {16})), Observation(DType::kFloat32, {3}), free,
      2);
  add("mlp_separate_stack_normal", Input(Separate(Config("mlp", {16})), 2, true),
      Observation(DType::kFloat32, {3}), LayerNames(kSeparate));
  add("cnn_separate", Separate(Config("cnn", {16})), Observation(DType::kUint8, {6, 5}),
      LayerNames({"policy_conv0", "policy_conv1", "policy_linear0", "policy_head", "value_conv0",
                  "value_conv1", "value_linear0", "value_head"}));
  add("cnn_uint8_one_channel", With(Channels(Config("cnn", {16}), {4, 6}), "relu", true),
      Observation(DType::kUint8, {7, 6}), LayerNames(kCnn));
  add("mlp_gru_default_init", Core(With(Config("mlp", {8, 8}), "relu", false), "gru"),
      Observation(DType::kFloat32, {4}), CoreNamesAnd(kShared, 1));
  return cases;
}

// Every architecture with every core, with and without a stack and normalisation.
std::vector<NetworkCase> Product() {
  const std::vector<std::tuple<NetworkConfig, TensorSpec, Names>> architectures = {
      {Config("mlp", {16, 16}), Observation(DType::kFloat32, {4}), kShared},
      {Config("cnn", {32}), Observation(DType::kFloat32, {3, 6, 5}), kCnn},
      {Config("minatar"), Observation(DType::kUint8, {4, 10, 10}), {"conv0", "linear0", "head"}},
      {Config("impala_shallow"),
       Observation(DType::kUint8, {2, 20, 24}),
       {"conv0", "conv1", "linear0", "head"}},
      {Config("impala_deep"), Observation(DType::kUint8, {1, 17, 16}), kDeep},
      {Config("nature"),
       Observation(DType::kUint8, {36, 40}),
       {"conv0", "conv1", "conv2", "linear0", "head"}}};
  const std::vector<std::pair<std::string, int>> cores = {{"none", 0}, {"lstm", 2}, {"gru", 1}};
  const std::vector<std::pair<int, bool>> inputs = {{1, false}, {3, false}, {1, true}, {2, true}};
  std::vector<NetworkCase> cases;
  for (const auto& [config, observation, names] : architectures) {
    for (const auto& [core, layers] : cores) {
      for (const auto& [stack, normal] : inputs) {
        NetworkCase one;
        one.label = config.name() + (layers == 0 ? "" : "_" + core) +
                    (stack == 1 ? "" : "_stack" + std::to_string(stack)) +
                    (normal ? "_normal" : "");
        one.config = Input(Core(config, core, layers), stack, normal);
        one.observation = observation;
        one.parameter_names = CoreNamesAnd(names, layers);
        cases.push_back(one);
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Architectures, NetworkConformance, testing::ValuesIn(Product()),
                         [](const auto& info) { return info.param.label; });
INSTANTIATE_TEST_SUITE_P(Registered, NetworkConformance, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.label; });

TEST(Networks, EveryRegisteredOneIsPutThroughConformance) {
  std::set<std::string> covered;
  for (const NetworkCase& one : Product()) covered.insert(one.config.name());
  const std::vector<std::string> names = Networks().Names();
  EXPECT_EQ(covered, std::set<std::string>(names.begin(), names.end()));
}

}  // namespace
}  // namespace nyala
