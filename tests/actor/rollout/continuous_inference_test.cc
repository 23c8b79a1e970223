// Continuous actions from observations to what the environment gets.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "actor/rollout/inference.h"
#include "common/base/random.h"
#include "tests/support/network_parameters.h"

namespace nyala {
namespace {

constexpr int64_t kE = 48, kObservation = 3, kActions = 2;

EnvSpec Env() {
  EnvSpec env;
  env.id = "box";
  env.observation = {DType::kFloat32, {kObservation}};
  env.action.kind = ActionSpec::Kind::kContinuous;
  env.action.n = kActions;
  env.action.low = {-2, 0};
  env.action.high = {2, 5};
  return env;
}

class ContinuousInference : public testing::TestWithParam<const char*> {
 protected:
  ContinuousInference() : observations_(kE * kObservation), keys_(kE), flags_(kE) {
    config_.mutable_policy()->set_distribution(GetParam());
    distribution_ = *MakeDistribution(config_.policy(), Env().action);
    parameters_ = InitialParameters(config_.network(), Env(), 1, 1, config_.policy());
    RandomSequence random(5);
    for (float& value : observations_) value = static_cast<float>(random.Uniform(-1, 1));
    for (int64_t e = 0; e < kE; ++e) keys_[e] = {9, static_cast<uint64_t>(e), 17};
  }

  struct Acted {
    std::vector<float> u = std::vector<float>(kE * kActions);
    std::vector<float> played = std::vector<float>(kE * kActions);
    std::vector<float> log_mu = std::vector<float>(kE);
  };
  Acted Act(bool greedy, absl::Status* status = nullptr) {
    auto inference = *MakeLocalInference(config_, Env(), greedy);
    EXPECT_TRUE(inference->Load(parameters_).ok());
    Acted acted;
    ActRow row;
    row.E = kE;
    row.observations = reinterpret_cast<const uint8_t*>(observations_.data());
    row.flags = flags_.data();
    row.keys = keys_.data();
    row.actions = reinterpret_cast<uint8_t*>(acted.u.data());
    row.environment_actions = reinterpret_cast<uint8_t*>(acted.played.data());
    row.log_mu = acted.log_mu.data();
    const absl::Status done = inference->Act(row);
    if (status != nullptr) {
      *status = done;
    } else {
      EXPECT_TRUE(done.ok()) << done;
    }
    return acted;
  }

  // What the network itself says of the row: [E, P].
  torch::Tensor PolicyOutputs() {
    torch::NoGradGuard no_gradients;
    const auto network = *MakeNetwork(config_.network(), Env(), HeadOf(*distribution_), 0);
    FlatParameters flat(*network);
    EXPECT_TRUE(flat.Load(parameters_).ok());
    const torch::Tensor x = torch::from_blob(observations_.data(), {1, kE, kObservation});
    return network->Forward(x, {}, {}).policy[0].contiguous();
  }

  static void ExpectWithinBounds(const std::vector<float>& played) {
    for (int64_t i = 0; i < kE * kActions; ++i) {
      EXPECT_GE(played[i], Env().action.low[i % kActions]);
      EXPECT_LE(played[i], Env().action.high[i % kActions]);
    }
  }

  RunConfig config_;
  std::unique_ptr<ActionDistribution> distribution_;
  ParameterSnapshot parameters_;
  std::vector<float> observations_;
  std::vector<ActionKey> keys_;
  std::vector<uint8_t> flags_;
};

INSTANTIATE_TEST_SUITE_P(Policies, ContinuousInference,
                         testing::Values("normal", "squashed_normal", "mixture"));

TEST_P(ContinuousInference, PlaysWithinTheBoundsAndSendsThePolicysOwnAction) {
  Acted acted = Act(false);
  ExpectWithinBounds(acted.played);
  int64_t outside = 0;
  for (int64_t e = 0; e < kE; ++e) {
    float expected[kActions];
    distribution_->ToEnvironment(&acted.u[e * kActions], expected);
    EXPECT_EQ(acted.played[e * kActions], expected[0]);
    EXPECT_EQ(acted.played[e * kActions + 1], expected[1]);
    if (std::abs(acted.u[e * kActions]) > 1) ++outside;
  }
  EXPECT_GT(outside, 0);  // or the bounds were not put to the test
  const torch::Tensor log_prob =
      distribution_->Evaluate(PolicyOutputs(), torch::from_blob(acted.u.data(), {kE, kActions}))
          .log_prob;
  EXPECT_TRUE(torch::allclose(torch::from_blob(acted.log_mu.data(), {kE}), log_prob, 1e-5, 1e-5));
}

TEST_P(ContinuousInference, GreedyPlaysWhatTheHeadSaysIsBest) {
  const Acted acted = Act(true);
  const torch::Tensor head = PolicyOutputs();
  for (int64_t e = 0; e < kE; ++e) {
    float u[kActions], expected[kActions];
    distribution_->Greedy(head[e].data_ptr<float>(), u);
    distribution_->ToEnvironment(u, expected);
    EXPECT_NEAR(acted.played[e * kActions], expected[0], 1e-5);
    EXPECT_NEAR(acted.played[e * kActions + 1], expected[1], 1e-5);
    EXPECT_EQ(acted.log_mu[e], 0);
  }
}

TEST_P(ContinuousInference, StartsInTheMiddleOfTheBoundsWithTheInitialSigma) {
  config_.mutable_policy()->set_initial_sigma(0.25);
  const Acted acted = Act(false);
  double sum = 0, squares = 0;
  for (const float u : acted.u) {
    sum += u;
    squares += u * u;
  }
  const double count = kE * kActions;
  const double sigma = std::sqrt(squares / count - sum * sum / count / count);
  // A mixture starts with its components spread over the bounds.
  const double expected = config_.policy().distribution() == "mixture" ? 0.6 : 0.25;
  EXPECT_NEAR(sum / count, 0, 0.2);
  EXPECT_NEAR(sigma, expected, 0.2 * expected);
}

TEST_P(ContinuousInference, ASingleOutputThatIsNotFiniteIsAnError) {
  const auto network = *MakeNetwork(config_.network(), Env(), HeadOf(*distribution_), 0);
  const FlatParameters flat(*network);
  for (const auto& entry : flat.entries()) {
    if (entry.name == "head.bias") parameters_.values[entry.offset + 1] = std::nanf("");
  }
  for (const bool greedy : {false, true}) {
    absl::Status status;
    Act(greedy, &status);
    EXPECT_TRUE(absl::IsInternal(status)) << status;
  }
}

}  // namespace
}  // namespace nyala
