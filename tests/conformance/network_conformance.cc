#include "tests/conformance/network_conformance.h"

#include <torch/script.h>

#include <sstream>
#include <utility>

#include "common/base/check.h"
#include "common/nn/export.h"
#include "common/nn/flat_parameters.h"

namespace nyala {
namespace {

// Kernels are chosen by the shapes and the processor, so sums differ in their order: fifteen
// convolutions before a recurrent core were seen to differ by more than 1e-5.
constexpr double kRelative = 1e-4, kAbsolute = 1e-4;

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
  auto made = MakeNetwork(GetParam().config, env, {kPolicyOutputs, GetParam().free}, seed);
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

NetworkOutput NetworkConformance::RunByRow(Network& network, const torch::Tensor& observations,
                                           const torch::Tensor& first, const torch::Tensor& state,
                                           bool step) const {
  std::vector<torch::Tensor> policy, value;
  torch::Tensor now = state;
  for (int64_t t = 0; t < observations.size(0); ++t) {
    NetworkOutput row;
    if (step) {
      // Who steps resets by zeros.
      if (now.defined()) now = now * first[t].logical_not().unsqueeze(1);
      row = network.Step(observations[t], now);
    } else {
      row = network.Forward(observations.narrow(0, t, 1), first.narrow(0, t, 1), now);
      row.policy = row.policy[0];
      row.value = row.value[0];
    }
    policy.push_back(row.policy);
    value.push_back(row.value);
    now = row.state;
  }
  return {torch::stack(policy), torch::stack(value), now};
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
    EXPECT_TRUE(torch::allclose(alone.policy, all.policy.narrow(1, b, 1), kRelative, kAbsolute))
        << b;
    EXPECT_TRUE(torch::allclose(alone.value, all.value.narrow(1, b, 1), kRelative, kAbsolute)) << b;
  }
}

// Where learner and actor meet: whole unrolls here, row after row there.
TEST_P(NetworkConformance, RowByRowIsTheWholeUnroll) {
  const auto network = Make(9);
  const int64_t T = 7, B = 5, S = network->state_size();
  const torch::Tensor observations = Observations(T, B);
  const torch::Tensor zeros = torch::zeros({B, S});
  for (const double resets : {0.0, 0.3, 1.0}) {
    const torch::Tensor first = torch::rand({T, B}) < resets;
    torch::Tensor state;
    // In the middle of an episode, after other observations.
    if (S > 0)
      state = network->Forward(Observations(3, B).flip(0), first.narrow(0, 0, 3), zeros).state;
    const NetworkOutput all = network->Forward(observations, first, state);
    for (const bool step : {false, true}) {
      const NetworkOutput rows = RunByRow(*network, observations, first, state, step);
      EXPECT_TRUE(torch::allclose(rows.policy, all.policy, kRelative, kAbsolute)) << resets << step;
      EXPECT_TRUE(torch::allclose(rows.value, all.value, kRelative, kAbsolute)) << resets << step;
      ASSERT_EQ(rows.state.defined(), all.state.defined());
      if (S == 0) continue;
      EXPECT_EQ(all.state.sizes(), (std::vector<int64_t>{B, S}));
      EXPECT_TRUE(torch::allclose(rows.state, all.state, kRelative, kAbsolute)) << resets << step;
      EXPECT_FALSE(all.state.requires_grad());
    }
  }
}

TEST_P(NetworkConformance, NothingPassesAReset) {
  const auto network = Make(10);
  const int64_t T = 4, B = 3, S = network->state_size();
  const torch::Tensor observations = Observations(T, B);
  torch::Tensor first = torch::zeros({T, B}, torch::kBool);
  first[2].fill_(true);
  torch::Tensor state;
  if (S > 0) state = torch::ones({B, S});
  const NetworkOutput all = network->Forward(observations, first, state);
  const NetworkOutput rest = Run(*network, observations.narrow(0, 2, 2));
  EXPECT_TRUE(torch::allclose(all.policy.narrow(0, 2, 2), rest.policy, kRelative, kAbsolute));
  EXPECT_TRUE(torch::allclose(all.value.narrow(0, 2, 2), rest.value, kRelative, kAbsolute));
}

TEST_P(NetworkConformance, StateMatters) {
  const auto network = Make(11);
  const int64_t S = network->state_size();
  const torch::Tensor first = torch::zeros({1, 4}, torch::kBool);
  const torch::Tensor observations = Observations(1, 4);
  if (S == 0) {
    EXPECT_FALSE(network->Forward(observations, first, {}).state.defined());
    return;
  }
  const NetworkOutput one = network->Forward(observations, first, torch::ones({4, S}));
  const NetworkOutput other = network->Forward(observations, first, torch::full({4, S}, 2.0f));
  EXPECT_GT((one.value - other.value).abs().max().item<float>(), 1e-6);
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
  ((out.policy - 1).square().sum() + (out.value - 1).square().sum()).backward();
  for (const auto& item : network->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().max().item<float>(), 0) << item.key();
  }
}

TEST_P(NetworkConformance, ExportsWhatItIs) {
  const auto network = Make(12);
  const torch::NoGradGuard no_grad;
  // As a run leaves it: views of one buffer, statistics that are not the first ones.
  const FlatParameters flat(*network);
  if (flat.statistics().numel() > 0) flat.statistics().fill_(0.5);
  const auto exported = ExportPolicy(*network, GetParam().observation);
  ASSERT_TRUE(exported.ok()) << exported.status();
  // Without the rest of the flat buffer, once a tensor.
  EXPECT_LT(exported->size(), flat.size() * sizeof(float) + 60000);
  std::istringstream file(*exported);
  torch::jit::Module module = torch::jit::load(file);
  const int64_t N = 7, S = network->state_size();
  EXPECT_EQ(module.attr("state_size").toInt(), S);
  for (const auto& item : module.named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value, network->named_parameters()[item.name])) << item.name;
  }
  EXPECT_EQ(module.parameters().size(), network->parameters().size());
  torch::Tensor state = torch::zeros({N, S});
  const torch::Tensor rows = Observations(3, N);
  for (int64_t t = 0; t < 3; ++t) {
    const NetworkOutput expected = network->Step(rows[t], S > 0 ? state : torch::Tensor());
    const auto out = module.forward({rows[t], state}).toTuple();
    EXPECT_TRUE(
        torch::allclose(out->elements()[0].toTensor(), expected.policy, kRelative, kAbsolute));
    EXPECT_TRUE(
        torch::allclose(out->elements()[1].toTensor(), expected.value, kRelative, kAbsolute));
    state = out->elements()[2].toTensor();
    if (S == 0) continue;
    EXPECT_TRUE(torch::allclose(state, expected.state, kRelative, kAbsolute));
  }
}

TEST_P(NetworkConformance, ParameterNamesAreStable) {
  std::vector<std::string> names;
  for (const auto& item : Make(6)->named_parameters()) names.push_back(item.key());
  EXPECT_EQ(names, GetParam().parameter_names);
}

}  // namespace nyala
