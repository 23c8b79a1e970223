#include "actor/rollout/inference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "actor/environment_registry.h"
#include "common/base/random.h"
#include "common/rl/episode_rows.h"
#include "tests/support/network_parameters.h"

namespace nyala {
namespace {

// A row of random observations and room for what comes of them.
struct Row {
  Row(const EnvSpec& env, int64_t size, int64_t state_size = 0)
      : E(size),
        observations(E * env.observation.elements()),
        flags(E),
        state(E * state_size),
        keys(E),
        actions(E),
        played(E),
        log_mu(E) {
    RandomSequence random(3);
    for (float& value : observations) value = static_cast<float>(random.Uniform(-1, 1));
    for (int64_t e = 0; e < E; ++e) keys[e] = {9, static_cast<uint64_t>(e), 17};
  }
  // Columns [from, from + count).
  ActRow View(int64_t from, int64_t count) {
    ActRow row;
    row.E = count;
    row.observations = reinterpret_cast<const uint8_t*>(
        observations.data() + from * static_cast<int64_t>(observations.size()) / E);
    row.flags = flags.data() + from;
    row.state = state.data() + from * static_cast<int64_t>(state.size()) / E;
    row.keys = keys.data() + from;
    row.actions = reinterpret_cast<uint8_t*>(actions.data() + from);
    row.environment_actions = reinterpret_cast<uint8_t*>(played.data() + from);
    row.log_mu = log_mu.data() + from;
    return row;
  }

  const int64_t E;
  std::vector<float> observations;
  std::vector<uint8_t> flags;
  std::vector<float> state;
  std::vector<ActionKey> keys;
  std::vector<int32_t> actions, played;
  std::vector<float> log_mu;
};

RunConfig RunOf(const NetworkConfig& network) {
  RunConfig config;
  *config.mutable_network() = network;
  return config;
}

EnvSpec SpecOf(const std::string& id) { return (*Environments().Create(id))->spec(); }

// What the network itself says of the row: [E, P].
torch::Tensor PolicyOutputs(const NetworkConfig& config, const EnvSpec& env,
                            const ParameterSnapshot& parameters, Row& row) {
  torch::NoGradGuard no_gradients;
  const auto distribution = *MakeDistribution(PolicyConfig(), env.action);
  const auto network = *MakeNetwork(config, env, HeadOf(*distribution), 0);
  FlatParameters flat(*network);
  EXPECT_TRUE(flat.Load(parameters).ok());
  std::vector<int64_t> sizes = {1, row.E};
  sizes.insert(sizes.end(), env.observation.shape.begin(), env.observation.shape.end());
  const torch::Tensor x = torch::from_blob(row.observations.data(), sizes);
  return network->Forward(x, {}, {}).policy[0].contiguous();
}

class LocalInferenceTest : public testing::TestWithParam<const char*> {
 protected:
  LocalInferenceTest() { config_.set_name(GetParam()); }
  NetworkConfig config_;
  const EnvSpec env_ = SpecOf("Catch");
};

TEST_P(LocalInferenceTest, LogMuIsTheLogProbabilityOfTheActionTaken) {
  const ParameterSnapshot parameters = InitialParameters(config_, env_, 1);
  auto inference = *MakeLocalInference(RunOf(config_), env_);
  EXPECT_EQ(inference->state_size(), 0);
  ASSERT_TRUE(inference->Load(parameters).ok());
  Row row(env_, 64);
  ASSERT_TRUE(inference->Act(row.View(0, 64)).ok());
  const torch::Tensor actions = torch::from_blob(row.actions.data(), {64}, torch::kInt32);
  const torch::Tensor head = PolicyOutputs(config_, env_, parameters, row);
  const torch::Tensor log_prob = (*MakeDistribution(PolicyConfig(), env_.action))
                                     ->Evaluate(head, actions.to(torch::kInt64))
                                     .log_prob;
  const torch::Tensor log_mu = torch::from_blob(row.log_mu.data(), {64});
  EXPECT_TRUE(torch::allclose(log_mu, log_prob, 1e-5, 1e-5));
  EXPECT_GT(std::get<0>(at::_unique(actions)).numel(), 1);
}

TEST_P(LocalInferenceTest, ActionsDoNotDependOnBatching) {
  const ParameterSnapshot parameters = InitialParameters(config_, env_, 1);
  auto inference = *MakeLocalInference(RunOf(config_), env_);
  ASSERT_TRUE(inference->Load(parameters).ok());
  Row together(env_, 32), alone(env_, 32);
  ASSERT_TRUE(inference->Act(together.View(0, 32)).ok());
  for (int64_t e = 0; e < 32; ++e) ASSERT_TRUE(inference->Act(alone.View(e, 1)).ok());
  EXPECT_EQ(together.actions, alone.actions);
  for (int64_t e = 0; e < 32; ++e) EXPECT_NEAR(together.log_mu[e], alone.log_mu[e], 1e-5);
}

TEST_P(LocalInferenceTest, GreedyTakesTheMode) {
  const ParameterSnapshot parameters = InitialParameters(config_, env_, 1);
  auto inference = *MakeLocalInference(RunOf(config_), env_, true);
  ASSERT_TRUE(inference->Load(parameters).ok());
  Row row(env_, 16);
  ASSERT_TRUE(inference->Act(row.View(0, 16)).ok());
  const torch::Tensor modes =
      PolicyOutputs(config_, env_, parameters, row).argmax(-1).to(torch::kInt32);
  EXPECT_TRUE(torch::equal(torch::from_blob(row.actions.data(), {16}, torch::kInt32), modes));
}

TEST_P(LocalInferenceTest, LoadChangesThePolicy) {
  auto inference = *MakeLocalInference(RunOf(config_), env_);
  Row first(env_, 64), second(env_, 64);
  ASSERT_TRUE(inference->Load(InitialParameters(config_, env_, 1)).ok());
  ASSERT_TRUE(inference->Act(first.View(0, 64)).ok());
  ASSERT_TRUE(inference->Load(InitialParameters(config_, env_, 2)).ok());
  ASSERT_TRUE(inference->Act(second.View(0, 64)).ok());
  EXPECT_NE(first.log_mu, second.log_mu);
}

TEST_P(LocalInferenceTest, ForeignParametersAreRefused) {
  auto inference = *MakeLocalInference(RunOf(config_), env_);
  ParameterSnapshot parameters = InitialParameters(config_, env_, 1);
  parameters.layout ^= 1;
  EXPECT_TRUE(absl::IsFailedPrecondition(inference->Load(parameters)));
}

TEST_P(LocalInferenceTest, NotANumberIsAnError) {
  for (const bool greedy : {false, true}) {
    auto inference = *MakeLocalInference(RunOf(config_), env_, greedy);
    ParameterSnapshot parameters = InitialParameters(config_, env_, 1);
    for (float& value : parameters.values) value = std::numeric_limits<float>::quiet_NaN();
    ASSERT_TRUE(inference->Load(parameters).ok());
    Row row(env_, 4);
    EXPECT_TRUE(absl::IsInternal(inference->Act(row.View(0, 4))));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, LocalInferenceTest, testing::Values("mlp", "cnn"));

TEST(LocalInference, AnUnfitNetworkIsRefused) {
  NetworkConfig config;
  config.set_name("cnn");
  EXPECT_TRUE(
      absl::IsInvalidArgument(MakeLocalInference(RunOf(config), SpecOf("CartPole-v1")).status()));
}

// Prefers action 1 by its state, which sums the (byte) observations since the last reset.
class SummingNetwork : public Network {
 public:
  SummingNetwork() { register_parameter("unused", torch::zeros({1})); }
  int64_t state_size() const override { return 1; }
  NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor& first,
                        const torch::Tensor& state) override {
    const torch::Tensor kept = torch::where(first[0].unsqueeze(1), torch::zeros_like(state), state);
    const torch::Tensor sum = kept + observations[0].to(torch::kFloat32);
    return {torch::cat({torch::zeros_like(sum), sum}, 1).unsqueeze(0), sum.view({1, -1}), sum};
  }
};

TEST(LocalInference, KeepsAndResetsRecurrentState) {
  Networks().Register("summing", [](const NetworkConfig&, const EnvSpec&, const PolicyHead&) {
    return std::make_unique<SummingNetwork>();
  });
  NetworkConfig config;
  config.set_name("summing");
  EnvSpec env;
  env.observation = {DType::kUint8, {1}};
  auto inference = *MakeLocalInference(RunOf(config), env, true);
  ASSERT_EQ(inference->state_size(), 1);
  const std::vector<uint8_t> observations = {1, 200};
  std::vector<uint8_t> flags = {kRowFirst, 0};
  std::vector<float> state = {50, 60}, log_mu(2);
  std::vector<ActionKey> keys(2);
  std::vector<int32_t> actions(2, -1);
  ActRow row;
  row.E = 2;
  row.observations = observations.data();
  row.flags = flags.data();
  row.state = state.data();
  row.keys = keys.data();
  row.actions = reinterpret_cast<uint8_t*>(actions.data());
  row.environment_actions = row.actions;
  row.log_mu = log_mu.data();
  ASSERT_TRUE(inference->Act(row).ok());
  EXPECT_EQ(state, (std::vector<float>{1, 260}));
  EXPECT_EQ(actions, (std::vector<int32_t>{1, 1}));
  flags = {kRowTerminated, kRowFirst};
  ASSERT_TRUE(inference->Act(row).ok());
  EXPECT_EQ(state, (std::vector<float>{2, 200}));
}

}  // namespace
}  // namespace nyala
