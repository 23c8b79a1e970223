#include "common/rl/algorithms/actor_critic_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "common/rl/distributions/categorical.h"
#include "tests/common/rl/algorithms/loss_problem.h"

namespace nyala {
namespace {

constexpr int64_t kT = 6, kB = 3, kActions = 4;

// The loss again, in double precision and plain loops; the targets are constants.
class SlowLoss {
 public:
  SlowLoss(const LossProblem& problem, const Targets& targets, const LossCosts& costs, double scale)
      : batch_(problem.batch), targets_(targets), costs_(costs), scale_(scale) {}

  double operator()(const torch::Tensor& policy, const torch::Tensor& value) const {
    double total = 0;
    for (int64_t t = 0; t < kT; ++t) {
      for (int64_t b = 0; b < kB; ++b) {
        if (batch_.frames[t][b].item<float>() != 0) total += Row(policy[t][b], value[t][b], t, b);
      }
    }
    return scale_ * total;
  }

 private:
  double Row(const torch::Tensor& logits, const torch::Tensor& value, int64_t t, int64_t b) const {
    double normaliser = 0;
    for (int64_t a = 0; a < kActions; ++a) normaliser += std::exp(logits[a].item<double>());
    double entropy = 0;
    for (int64_t a = 0; a < kActions; ++a) {
      const double log_pi = logits[a].item<double>() - std::log(normaliser);
      entropy -= std::exp(log_pi) * log_pi;
    }
    const int64_t action = batch_.actions[t][b].item<int64_t>();
    const double log_pi = logits[action].item<double>() - std::log(normaliser);
    const double error = targets_.values[t][b].item<double>() - value.item<double>();
    return -targets_.advantages[t][b].item<double>() * log_pi +
           costs_.baseline * 0.5 * error * error - costs_.entropy * entropy;
  }

  const Batch& batch_;
  const Targets& targets_;
  const LossCosts costs_;
  const double scale_;
};

template <typename Loss>
torch::Tensor CentralDifferences(const torch::Tensor& at, Loss loss) {
  constexpr double kStep = 1e-5;
  torch::Tensor point = at.detach().to(torch::kFloat64).clone();
  torch::Tensor gradient = torch::zeros_like(point);
  torch::Tensor flat = point.view({-1});
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double centre = flat[i].item<double>();
    flat[i] = centre + kStep;
    const double above = loss(point);
    flat[i] = centre - kStep;
    const double below = loss(point);
    flat[i] = centre;
    gradient.view({-1})[i] = (above - below) / (2 * kStep);
  }
  return gradient;
}

struct Setting {
  const char* name;
  const char* algorithm;
  LossCosts costs;
  double scale;
};

const Setting kSettings[] = {
    {"policy_only", "impala", {0.0, 0.0}, 1.0},    {"baseline", "impala", {0.7, 0.0}, 1.0},
    {"entropy", "impala", {0.0, 0.3}, 1.0},        {"all_sum", "impala", {0.5, 0.01}, 1.0},
    {"all_mean", "impala", {0.5, 0.01}, 1.0 / 13}, {"a2c_sum", "a2c", {0.5, 0.02}, 1.0},
    {"a2c_mean", "a2c", {0.25, 0.0}, 1.0 / 13},
};

class ActorCriticLossGradient : public testing::TestWithParam<Setting> {};
INSTANTIATE_TEST_SUITE_P(Settings, ActorCriticLossGradient, testing::ValuesIn(kSettings),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(ActorCriticLossGradient, EqualsFiniteDifferencesWithTargetsHeldFixed) {
  const Setting& setting = GetParam();
  const auto algorithm = MakeAlgorithm(setting.algorithm);
  const Categorical distribution(kActions);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const LossProblem problem = RandomLossProblem(seed, kT, kB, kActions);
    const LossTerms terms = ActorCriticLoss(*algorithm, distribution, setting.costs, setting.scale,
                                            problem.batch, problem.prediction());
    terms.total.backward();

    const auto log_prob =
        distribution.Evaluate(problem.policy.detach().narrow(0, 0, kT), problem.batch.actions)
            .log_prob;
    const Targets targets =
        algorithm->ComputeTargets(problem.batch, log_prob.contiguous(), problem.value.detach());
    const SlowLoss slow(problem, targets, setting.costs, setting.scale);
    const torch::Tensor value = problem.value.detach().to(torch::kFloat64);
    const torch::Tensor policy = problem.policy.detach().to(torch::kFloat64);
    EXPECT_NEAR(terms.total.item<double>(), slow(policy, value), 1e-4);

    const torch::Tensor by_policy =
        CentralDifferences(problem.policy, [&](const torch::Tensor& p) { return slow(p, value); });
    const torch::Tensor by_value =
        CentralDifferences(problem.value, [&](const torch::Tensor& v) { return slow(policy, v); });
    EXPECT_LT((problem.policy.grad() - by_policy).abs().max().item<double>(), 2e-5);
    if (setting.costs.baseline == 0) {
      EXPECT_FALSE(problem.value.grad().defined() &&
                   problem.value.grad().abs().max().item<double>() > 0);
    } else {
      EXPECT_LT((problem.value.grad() - by_value).abs().max().item<double>(), 2e-5);
    }
  }
}

TEST(ActorCriticLoss, TermsAreUnweightedSumsAndMakeUpTheTotal) {
  const LossProblem problem = RandomLossProblem(4, kT, kB, kActions);
  const LossCosts costs{0.3, 0.2};
  const LossTerms terms = ActorCriticLoss(*MakeAlgorithm("impala"), Categorical(kActions), costs,
                                          0.5, problem.batch, problem.prediction());
  EXPECT_NEAR(terms.total.item<double>(),
              0.5 * (terms.policy.item<double>() + 0.3 * terms.baseline.item<double>() -
                     0.2 * terms.entropy.item<double>()),
              1e-4);
  EXPECT_GT(terms.baseline.item<double>(), 0);
  EXPECT_GT(terms.entropy.item<double>(), 0);
  EXPECT_FALSE(terms.policy.requires_grad());
}

TEST(ActorCriticLoss, MaskedRowsAndTheBootstrapRowGetExactlyNoGradient) {
  for (const char* name : {"impala", "a2c"}) {
    int masked = 0;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      LossProblem problem = RandomLossProblem(seed, 12, kB, kActions);
      for (int64_t t = 0; t < 12; ++t) {
        for (int64_t b = 0; b < kB; ++b) {
          if (problem.batch.frames[t][b].item<float>() != 0) continue;
          problem.batch.log_mu[t][b] = -1e30f;
          problem.batch.rewards[t][b] = 1e30f;
        }
      }
      ActorCriticLoss(*MakeAlgorithm(name), Categorical(kActions), {0.5, 0.1}, 1.0, problem.batch,
                      problem.prediction())
          .total.backward();
      EXPECT_TRUE(torch::isfinite(problem.policy.grad()).all().item<bool>());
      EXPECT_EQ(problem.policy.grad()[12].abs().max().item<float>(), 0.0f);
      EXPECT_EQ(problem.value.grad()[12].abs().max().item<float>(), 0.0f);
      for (int64_t t = 0; t < 12; ++t) {
        for (int64_t b = 0; b < kB; ++b) {
          const float policy = problem.policy.grad()[t][b].abs().max().item<float>();
          const float value = problem.value.grad()[t][b].abs().item<float>();
          if (problem.batch.frames[t][b].item<float>() == 0) {
            EXPECT_EQ(policy, 0.0f);
            EXPECT_EQ(value, 0.0f);
            ++masked;
          } else {
            EXPECT_GT(policy, 0.0f);
          }
        }
      }
    }
    EXPECT_GT(masked, 0);
  }
}

}  // namespace
}  // namespace nyala
