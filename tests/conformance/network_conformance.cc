#include "tests/conformance/network_conformance.h"

#include <utility>

#include "common/base/check.h"

namespace nyala {
namespace {

std::vector<torch::Tensor> ParametersOf(const Network& network) { return network.parameters(); }

void ExpectSameParameters(const Network& one, const Network& other, bool same) {
  const auto a = ParametersOf(one), b = ParametersOf(other);
  ASSERT_EQ(a.size(), b.size());
  bool equal = true;
  for (size_t i = 0; i < a.size(); ++i) equal = equal && torch::equal(a[i], b[i]);
  EXPECT_EQ(equal, same);
}

}  // namespace

std::unique_ptr<Network> NetworkConformance::Make(uint64_t seed) const {
  EnvSpec env;
  env.id = "conformance";
  env.observation = GetParam().observation;
  auto made = MakeNetwork(GetParam().config, env, {kPolicyOutputs}, seed);
  NYALA_CHECK(made.ok(), "a conformance case that cannot be built");
  return *std::move(made);
}

torch::Tensor NetworkConformance::Observations(int64_t T, int64_t B) const {
  torch::manual_seed(99);
  std::vector<int64_t> shape{T, B};
  for (const int64_t size : GetParam().observation.shape) shape.push_back(size);
  switch (GetParam().observation.dtype) {
    case DType::kUint8:
      return torch::randint(0, 256, shape, torch::kUInt8);
    case DType::kInt32:
      return torch::randint(-3, 4, shape, torch::kInt32);
    case DType::kFloat32:
      return torch::randn(shape);
  }
  return {};
}

NetworkOutput NetworkConformance::Run(Network& network, const torch::Tensor& observations) const {
  const int64_t T = observations.size(0), B = observations.size(1);
  if (network.state_size() == 0) return network.Forward(observations, {}, {});
  torch::Tensor first = torch::zeros({T, B}, torch::kBool);
  first[0].fill_(true);
  return network.Forward(observations, first, torch::zeros({B, network.state_size()}));
}

TEST_P(NetworkConformance, OutputsHaveTheirShapes) {
  const auto network = Make(1);
  const std::vector<std::pair<int64_t, int64_t>> shapes = {{1, 1}, {1, 4}, {3, 1}, {4, 3}};
  for (const auto& [T, B] : shapes) {
    const NetworkOutput out = Run(*network, Observations(T, B));
    EXPECT_EQ(out.policy.sizes(), (std::vector<int64_t>{T, B, kPolicyOutputs}));
    EXPECT_EQ(out.value.sizes(), (std::vector<int64_t>{T, B}));
    EXPECT_EQ(out.policy.scalar_type(), torch::kFloat32);
    EXPECT_EQ(out.value.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(torch::isfinite(out.policy).all().item<bool>());
    EXPECT_TRUE(torch::isfinite(out.value).all().item<bool>());
    EXPECT_EQ(out.state.defined(), network->state_size() > 0);
  }
}

TEST_P(NetworkConformance, AColumnDoesNotDependOnTheOthers) {
  const auto network = Make(2);
  const torch::Tensor observations = Observations(5, 4);
  const NetworkOutput all = Run(*network, observations);
  for (int64_t b = 0; b < 4; ++b) {
    const NetworkOutput alone = Run(*network, observations.narrow(1, b, 1).contiguous());
    EXPECT_TRUE(torch::allclose(alone.policy, all.policy.narrow(1, b, 1), 1e-5, 1e-5)) << b;
    EXPECT_TRUE(torch::allclose(alone.value, all.value.narrow(1, b, 1), 1e-5, 1e-5)) << b;
  }
}

TEST_P(NetworkConformance, OutputsDependOnTheObservation) {
  const auto network = Make(3);
  const torch::Tensor observations = Observations(1, 8);
  const NetworkOutput out = Run(*network, observations);
  EXPECT_GT(out.value.std().item<float>(), 1e-4);
  EXPECT_GT((out.policy.select(1, 0) - out.policy.select(1, 1)).abs().max().item<float>(), 1e-7);
}

TEST_P(NetworkConformance, InitialisationIsAFunctionOfTheSeed) {
  const auto one = Make(7);
  torch::rand({17});  // what was drawn before must not matter
  ExpectSameParameters(*one, *Make(7), true);
  ExpectSameParameters(*one, *Make(8), false);
}

TEST_P(NetworkConformance, ForwardIsPure) {
  const auto network = Make(4), untouched = Make(4);
  const torch::Tensor observations = Observations(3, 2);
  const torch::Tensor kept = observations.clone();
  const NetworkOutput once = Run(*network, observations);
  const NetworkOutput again = Run(*network, observations);
  EXPECT_TRUE(torch::equal(once.policy, again.policy));
  EXPECT_TRUE(torch::equal(once.value, again.value));
  EXPECT_TRUE(torch::equal(observations, kept));
  ExpectSameParameters(*network, *untouched, true);
}

TEST_P(NetworkConformance, EveryParameterGetsAGradient) {
  const auto network = Make(5);
  const NetworkOutput out = Run(*network, Observations(3, 4));
  (out.policy.square().sum() + out.value.square().sum()).backward();
  for (const auto& item : network->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().max().item<float>(), 0) << item.key();
  }
}

TEST_P(NetworkConformance, ParameterNamesAreStable) {
  std::vector<std::string> names;
  for (const auto& item : Make(6)->named_parameters()) names.push_back(item.key());
  EXPECT_EQ(names, GetParam().parameter_names);
}

}  // namespace nyala
