// A gradient computed in an actor is the learner's own, and what it sends is what it computed.
#include "actor/rollout/gradient_source.h"

#include <gtest/gtest.h>

#include <cmath>

#include "actor/rollout/session.h"
#include "common/base/thread.h"
#include "common/nn/flat_parameters.h"
#include "common/nn/shard.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/fake_learner.h"
#include "tests/support/network_parameters.h"
#include "tests/support/random_unroll.h"

namespace nyala {
namespace {

EnvSpec TestedEnv() {
  EnvSpec env;
  env.id = "Tested-v0";
  env.observation = {DType::kFloat32, {4}};
  env.action.n = 3;
  return env;
}

RunConfig A3cConfig() {
  RunConfig config;
  config.mutable_algorithm()->set_name("a3c");
  config.mutable_network()->add_hidden(8);
  config.mutable_batch()->set_unroll_length(6);
  return config;
}

Unroll TestedUnroll(uint64_t seed) {
  UnrollSpec spec;
  spec.T = 6;
  spec.E = 5;
  spec.observation = TestedEnv().observation;
  spec.action = TestedEnv().action;
  return RandomUnroll(spec, seed);
}

// The loss of the same rows with its own network, written out with the shared loss alone.
std::vector<float> GradientOf(const RunConfig& config, const ParameterSnapshot& parameters,
                              const Unroll& unroll, double entropy_cost) {
  const auto distribution = *MakeDistribution(config.policy(), TestedEnv().action);
  const auto network = *MakeNetwork(config.network(), TestedEnv(), HeadOf(*distribution), 5);
  FlatParameters flat(*network);
  EXPECT_TRUE(flat.Load(parameters).ok());
  const auto algorithm = *Algorithms().Create("a2c", config.algorithm());
  Rows rows = unroll;
  const Batch batch =
      MakeBatch(unroll.spec, unroll.spec.E, rows, config.algorithm(), 1.0, torch::kCPU);
  const NetworkOutput out = network->Forward(batch.observations, {}, {});
  ActorCriticLoss(*algorithm, *distribution, {config.algorithm().baseline_cost(), entropy_cost},
                  1.0, batch, {out.policy, out.value})
      .total.backward();
  const float* data = flat.gradients().data_ptr<float>();
  return std::vector<float>(data, data + flat.gradients().numel());
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  double size = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    size += std::abs(expected[i]);
    EXPECT_NEAR(got[i], expected[i], 1e-4 * std::max(1.0f, std::abs(expected[i])));
  }
  EXPECT_GT(size, 0.1);
}

TEST(GradientSource, ComputesTheGradientOfTheNStepLoss) {
  const RunConfig config = A3cConfig();
  const auto source = *MakeLocalGradientSource(config, TestedEnv());
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const ParameterSnapshot parameters = InitialParameters(config.network(), TestedEnv(), seed);
    ASSERT_TRUE(source->Load(parameters).ok());
    Unroll unroll = TestedUnroll(seed);
    const Unroll before = unroll;
    ASSERT_TRUE(source->Compute(&unroll).ok());
    ExpectNear(unroll.gradient,
               GradientOf(config, parameters, before, config.algorithm().entropy_cost()));
    // Its rows are still there, for the next unroll to be written over.
    EXPECT_EQ(unroll.observations, before.observations);
    EXPECT_EQ(unroll.flags, before.flags);
    EXPECT_EQ(unroll.facts.layout, parameters.layout);
    EXPECT_GT(unroll.facts.frames, 0u);
    EXPECT_TRUE(ValidateGradient(
                    [&] {
                      UnrollView view = unroll.view();
                      view.episodes = {};
                      return view;
                    }(),
                    parameters.layout, static_cast<int64_t>(parameters.values.size()),
                    static_cast<int64_t>(parameters.values.size()))
                    .ok());
  }
}

TEST(GradientSource, FollowsTheEntropySchedule) {
  RunConfig config = A3cConfig();
  config.mutable_limits()->set_frames(1000);
  config.mutable_algorithm()->set_entropy_cost(0.4);
  config.mutable_algorithm()->set_entropy_cost_final(0.0);
  const auto source = *MakeLocalGradientSource(config, TestedEnv());
  ParameterSnapshot parameters = InitialParameters(config.network(), TestedEnv(), 1);
  for (float& value : parameters.values) value *= 3;  // not uniform, so that entropy has a gradient
  parameters.frames = 500;
  ASSERT_TRUE(source->Load(parameters).ok());
  Unroll unroll = TestedUnroll(1);
  ASSERT_TRUE(source->Compute(&unroll).ok());
  ExpectNear(unroll.gradient, GradientOf(config, parameters, unroll, 0.2));
}

TEST(GradientSource, ForeignParametersAreRefused) {
  const auto source = *MakeLocalGradientSource(A3cConfig(), TestedEnv());
  ParameterSnapshot parameters = InitialParameters(A3cConfig().network(), TestedEnv(), 1);
  parameters.layout ^= 1;
  EXPECT_TRUE(absl::IsFailedPrecondition(source->Load(parameters)));
}

// A gradient of ones, with the version it was computed at.
class FakeGradients : public GradientSource {
 public:
  absl::Status Load(const ParameterSnapshot& snapshot) override {
    version_ = snapshot.version;
    return absl::OkStatus();
  }
  absl::Status Compute(Unroll* unroll) override {
    unroll->gradient = {1.0f, static_cast<float>(version_)};
    unroll->facts.frames = unroll->flags.size();
    return absl::OkStatus();
  }

 private:
  uint64_t version_ = 0;
};

TEST(GradientRollout, SendsGradientsInPlaceOfRowsAtTheNewestKnownParameters) {
  const JoinReply reply = MakeJoinReply("CartPole-v1", 1, 2, 4, "a3c");
  FakeLearner learner(reply);
  learner.PublishEvery(1);
  const PolicyFactories factories(FakeInferenceFactory(), [](const RunConfig&, const EnvSpec&) {
    return std::make_unique<FakeGradients>();
  });
  auto session = ActorSession::Create(reply, factories);
  ASSERT_TRUE(session.ok()) << session.status();
  Thread thread("session", [&] { EXPECT_TRUE((*session)->Run(learner, 7).ok()); });
  ASSERT_TRUE(learner.AwaitUnrolls(5));
  (*session)->Halt();
  learner.EndRun();
  thread.Join();
  uint64_t version = 0;
  for (const auto& unroll : learner.unrolls()) {
    EXPECT_TRUE(unroll.observations.empty());
    EXPECT_TRUE(unroll.flags.empty());
    ASSERT_EQ(unroll.gradient.size(), 2u);
    EXPECT_EQ(unroll.gradient[1], static_cast<float>(unroll.policy_version));
    // The learner goes on by one with each, and said so.
    EXPECT_EQ(unroll.policy_version, ++version);
  }
}

TEST(GradientRollout, AnActorThatCannotComputeGradientsSaysSo) {
  const auto session =
      ActorSession::Create(MakeJoinReply("CartPole-v1", 1, 2, 4, "a3c"), FakeInferenceFactory());
  EXPECT_TRUE(absl::IsInvalidArgument(session.status()));
}

}  // namespace
}  // namespace nyala
