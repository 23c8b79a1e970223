// The gradient of the loss against the policy gradient of a 2-state decision process that is known
// in closed form; expectations are sums over all trajectories, not samples.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "common/rl/algorithms/actor_critic_loss.h"
#include "common/rl/distributions/categorical.h"
#include "tests/common/rl/algorithms/loss_problem.h"

namespace nyala {
namespace {

using PerState = std::array<double, 2>;
using Table = std::array<PerState, 2>;  // [state][action]

// Action 1 changes the state, action 0 stays. No episode ever ends.
constexpr double kGamma = 0.9;
constexpr Table kReward = {{{1.0, -0.5}, {0.25, 2.0}}};
int NextState(int state, int action) { return action == 1 ? 1 - state : state; }

Table Softmax(const Table& theta) {
  Table pi;
  for (int s = 0; s < 2; ++s) {
    const double total = std::exp(theta[s][0]) + std::exp(theta[s][1]);
    for (int a = 0; a < 2; ++a) pi[s][a] = std::exp(theta[s][a]) / total;
  }
  return pi;
}

// V = (I - gamma P)^-1 r, written out for two states.
PerState Values(const Table& pi) {
  const double r0 = pi[0][0] * kReward[0][0] + pi[0][1] * kReward[0][1];
  const double r1 = pi[1][0] * kReward[1][0] + pi[1][1] * kReward[1][1];
  const double a = 1 - kGamma * pi[0][0], b = -kGamma * pi[0][1];
  const double c = -kGamma * pi[1][1], d = 1 - kGamma * pi[1][0];
  const double determinant = a * d - b * c;
  return {(d * r0 - b * r1) / determinant, (a * r1 - c * r0) / determinant};
}

PerState Stationary(const Table& pi) {
  const double total = pi[0][1] + pi[1][1];
  return {pi[1][1] / total, pi[0][1] / total};
}

// The gradient of sum_s x_s V(s), x held fixed, by central differences of the closed form.
Table GradientOfValue(const Table& theta, const PerState& x) {
  constexpr double kStep = 1e-5;
  Table gradient;
  for (int s = 0; s < 2; ++s) {
    for (int a = 0; a < 2; ++a) {
      Table above = theta, below = theta;
      above[s][a] += kStep;
      below[s][a] -= kStep;
      const PerState high = Values(Softmax(above)), low = Values(Softmax(below));
      gradient[s][a] = (x[0] * (high[0] - low[0]) + x[1] * (high[1] - low[1])) / (2 * kStep);
    }
  }
  return gradient;
}

// g(s) = sum_a grad pi(a|s) Q(s, a), from the policy gradient theorem, for softmax.
Table StateGradients(const Table& pi) {
  const PerState value = Values(pi);
  Table g;
  for (int s = 0; s < 2; ++s) {
    for (int a = 0; a < 2; ++a) {
      const double q = kReward[s][a] + kGamma * value[NextState(s, a)];
      g[s][a] = pi[s][a] * (q - value[s]);
    }
  }
  return g;
}

struct Trajectory {
  std::vector<int> states;   // T + 1
  std::vector<int> actions;  // T
};

Trajectory TrajectoryOf(int start, int64_t actions, int64_t T) {
  Trajectory made{{start}, {}};
  for (int64_t t = 0; t < T; ++t) {
    made.actions.push_back(static_cast<int>(actions >> t & 1));
    made.states.push_back(NextState(made.states.back(), made.actions.back()));
  }
  return made;
}

// The expected descent direction of the policy loss with the exact V as prediction: a sum over
// every start (weighed by x) and every sequence of actions of mu.
Table ExpectedDirection(const Algorithm& algorithm, const Table& theta, const Table& mu,
                        const PerState& x, int64_t T) {
  const PerState value = Values(Softmax(theta));
  torch::Tensor logits = torch::tensor({theta[0][0], theta[0][1], theta[1][0], theta[1][1]})
                             .to(torch::kFloat32)
                             .view({2, 2})
                             .requires_grad_(true);
  for (int start = 0; start < 2; ++start) {
    for (int64_t code = 0; code < int64_t{1} << T; ++code) {
      const Trajectory path = TrajectoryOf(start, code, T);
      double probability = x[start];
      std::vector<float> rewards, log_mu, values;
      for (int64_t t = 0; t < T; ++t) {
        const double chance = mu[path.states[t]][path.actions[t]];
        probability *= chance;
        log_mu.push_back(static_cast<float>(std::log(chance)));
        rewards.push_back(static_cast<float>(kReward[path.states[t]][path.actions[t]]));
      }
      for (const int state : path.states) values.push_back(static_cast<float>(value[state]));
      const auto column = [](const auto& data) { return torch::tensor(data).unsqueeze(1); };
      const std::vector<int64_t> actions(path.actions.begin(), path.actions.end());
      const std::vector<int64_t> states(path.states.begin(), path.states.end());
      Batch batch;
      batch.actions = column(actions);
      batch.log_mu = column(log_mu);
      batch.rewards = column(rewards);
      batch.discounts = torch::full({T, 1}, kGamma, torch::kFloat32);
      batch.frames = torch::ones({T, 1});
      const Prediction prediction{logits.index_select(0, torch::tensor(states)).unsqueeze(1),
                                  column(values)};
      ActorCriticLoss(algorithm, Categorical(2), {0, 0}, probability, batch, prediction)
          .total.backward();
    }
  }
  Table direction;
  for (int s = 0; s < 2; ++s) {
    for (int a = 0; a < 2; ++a) direction[s][a] = -logits.grad()[s][a].item<double>();
  }
  return direction;
}

void ExpectTable(const Table& got, const Table& expected, double factor = 1) {
  for (int s = 0; s < 2; ++s) {
    for (int a = 0; a < 2; ++a) {
      EXPECT_NEAR(got[s][a], factor * expected[s][a], 2e-5) << "state " << s << ", action " << a;
    }
  }
}

const Table kTheta = {{{0.3, -0.4}, {-0.2, 0.9}}};

// With x stationary under pi: x g = (1 - gamma) x grad V, as grad V = g + gamma P grad V.
TEST(PolicyGradient, OnPolicyExpectationIsTheGradientOfTheClosedForm) {
  const Table pi = Softmax(kTheta);
  const PerState x = Stationary(pi);
  const Table gradient = GradientOfValue(kTheta, x);
  EXPECT_GT(std::abs(gradient[0][0]), 0.05);
  for (const char* name : {"impala", "a2c"}) {
    for (const int64_t T : {1, 2, 5}) {
      SCOPED_TRACE(testing::Message() << name << ", T = " << T);
      ExpectTable(ExpectedDirection(*MakeAlgorithm(name), kTheta, pi, x, T), gradient,
                  static_cast<double>(T) * (1 - kGamma));
    }
  }
}

TEST(PolicyGradient, UntruncatedWeightsCorrectForAnotherBehaviour) {
  const Table mu = {{{0.2, 0.8}, {0.6, 0.4}}};
  AlgorithmConfig config;
  config.set_rho_bar(1e6);
  config.set_c_bar(1e6);
  config.set_pg_rho_bar(1e6);
  const auto impala = Algorithms().Create("impala", config);
  ASSERT_TRUE(impala.ok());
  const Table g = StateGradients(Softmax(kTheta));
  constexpr int64_t kT = 4;
  PerState x = {0.7, 0.3};
  Table expected = {};
  const PerState start = x;
  for (int64_t t = 0; t < kT; ++t) {
    for (int s = 0; s < 2; ++s) {
      for (int a = 0; a < 2; ++a) expected[s][a] += x[s] * g[s][a];
    }
    x = {x[0] * mu[0][0] + x[1] * mu[1][1], x[0] * mu[0][1] + x[1] * mu[1][0]};
  }
  ExpectTable(ExpectedDirection(**impala, kTheta, mu, start, kT), expected);
}

TEST(PolicyGradient, IgnoringTheBehaviourIsBiased) {
  const Table mu = {{{0.2, 0.8}, {0.6, 0.4}}};
  const Table g = StateGradients(Softmax(kTheta));
  const Table direction = ExpectedDirection(*MakeAlgorithm("a2c"), kTheta, mu, {0.7, 0.3}, 1);
  EXPECT_GT(std::abs(direction[0][0] - 0.7 * g[0][0]), 0.01);
}

}  // namespace
}  // namespace nyala
