#include "common/rl/distributions/normal.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <vector>

namespace nyala {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

ActionSpec Box(std::vector<float> low, std::vector<float> high) {
  ActionSpec action;
  action.kind = ActionSpec::Kind::kContinuous;
  action.n = static_cast<int64_t>(low.size());
  action.low = std::move(low);
  action.high = std::move(high);
  return action;
}

PolicyConfig Policy(const std::string& name) {
  PolicyConfig policy;
  policy.set_distribution(name);
  return policy;
}

std::unique_ptr<ActionDistribution> Make(const PolicyConfig& policy, const ActionSpec& action) {
  auto made = MakeDistribution(policy, action);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::vector<float> Played(const ActionDistribution& distribution, const std::vector<float>& u) {
  std::vector<float> played(u.size());
  distribution.ToEnvironment(u.data(), played.data());
  return played;
}

TEST(SigmaMap, StartsAtTheInitialSigmaAndGrowsByTheExponential) {
  for (const double initial : {0.05, 1.0, 30.0}) {
    PolicyConfig policy;
    policy.set_initial_sigma(initial);
    policy.set_min_sigma(1e-4);
    const auto sigma = *SigmaMap::Make(policy);
    EXPECT_NEAR(std::sqrt(sigma.Variance(0.0f)) / initial, 1, 1e-5);
    for (const float raw : {-2.0f, -0.5f, 1.0f, 2.0f}) {
      EXPECT_NEAR(std::sqrt(sigma.Variance(raw)) / (initial * std::exp(raw)), 1, 1e-3) << raw;
    }
  }
}

TEST(SigmaMap, KeepsWithinItsEndsAndCanAlwaysReturn) {
  PolicyConfig policy;
  policy.set_initial_sigma(0.5);
  policy.set_min_sigma(0.1);
  const auto sigma = *SigmaMap::Make(policy);
  EXPECT_FLOAT_EQ(sigma.Variance(-1e4f), 0.01f);
  EXPECT_FLOAT_EQ(sigma.Variance(1e4f), 500.0f * 500.0f);
  float last = 0;
  for (float raw = -5; raw < 8; raw += 0.5f) {
    const torch::Tensor leaf = torch::full({1}, raw).requires_grad_(true);
    const torch::Tensor variance = sigma.Variance(leaf);
    variance.backward();
    EXPECT_FLOAT_EQ(variance.item<float>(), sigma.Variance(raw));
    EXPECT_GT(variance.item<float>(), last);
    EXPECT_GT(leaf.grad().item<float>(), 0) << raw;
    last = variance.item<float>();
  }
}

TEST(SigmaMap, AnInitialSigmaAtTheMinimumStays) {
  PolicyConfig policy;
  policy.set_initial_sigma(0.2);
  policy.set_min_sigma(0.2);
  const auto sigma = *SigmaMap::Make(policy);
  for (const float raw : {-1e4f, 0.0f, 5.0f, 1e4f}) {
    EXPECT_FLOAT_EQ(sigma.Variance(raw), 0.04f);
    const torch::Tensor leaf = torch::full({1}, raw).requires_grad_(true);
    sigma.Variance(leaf).backward();
    EXPECT_EQ(leaf.grad().item<float>(), 0);
  }
}

TEST(Normal, UnitsAreHalfWidthsAndInfiniteBoundsAreTakenAsTheyAre) {
  const auto normal = Make(
      Policy("normal"), Box({-2, 1, -kInfinity, 3, -3e38f}, {2, 2, kInfinity, kInfinity, 3e38f}));
  EXPECT_EQ(Played(*normal, {0.5f, 0.5f, 70, 50, 20}), (std::vector<float>{1, 1.75f, 70, 50, 20}));
  EXPECT_EQ(Played(*normal, {-9, 9, -70, -50, -20}), (std::vector<float>{-2, 2, -70, 3, -20}));
}

TEST(Normal, GreedyIsTheMean) {
  const auto normal = Make(Policy("normal"), Box({-2, 0}, {2, 1}));
  const std::vector<float> head = {0.3f, -4, 1, -1};
  std::vector<float> u(2);
  normal->Greedy(head.data(), u.data());
  EXPECT_EQ(u, (std::vector<float>{0.3f, -4}));
}

// A density of what travels, before the clip: rows that were clipped keep their gradient.
TEST(Normal, DensityIsThatBeforeTheClip) {
  const auto normal = Make(Policy("normal"), Box({-2}, {2}));
  const torch::Tensor head = torch::zeros({2}).requires_grad_(true);
  const auto terms = normal->Evaluate(head, torch::tensor({3.0f}));
  EXPECT_NEAR(terms.log_prob.item<float>(), -4.5 - 0.9189385, 1e-5);
  terms.log_prob.backward();
  EXPECT_NEAR(head.grad()[0].item<float>(), 3, 1e-5);
}

TEST(SquashedNormal, GreedyPlaysTanhOfTheMeanAndStaysInside) {
  const auto squashed = Make(Policy("squashed_normal"), Box({-2, 0}, {2, 1}));
  const std::vector<float> head = {0.3f, -400, 1, -1};
  std::vector<float> u(2);
  squashed->Greedy(head.data(), u.data());
  EXPECT_EQ(u, (std::vector<float>{0.3f, -400}));
  const std::vector<float> played = Played(*squashed, u);
  EXPECT_FLOAT_EQ(played[0], 2 * std::tanh(0.3f));
  EXPECT_EQ(played[1], 0);
}

TEST(SquashedNormal, KlIsThatOfTheNormal) {
  const auto normal = Make(Policy("normal"), Box({-2, 0}, {2, 1}));
  const auto squashed = Make(Policy("squashed_normal"), Box({-2, 0}, {2, 1}));
  torch::manual_seed(1);
  const torch::Tensor p = torch::randn({20, 4}), q = torch::randn({20, 4});
  EXPECT_TRUE(torch::equal(normal->Kl(p, q), squashed->Kl(p, q)));
}

// What the header says of the quadrature, at each sigma the worst of several means.
TEST(SquashedNormal, EntropyIsAsGoodAsItSays) {
  const std::vector<std::pair<double, double>> promised = {
      {0.3, 1e-5}, {1.0, 2e-5}, {2.0, 4e-3}, {3.0, 3e-2}};
  const torch::Tensor z = torch::linspace(-9, 9, 20001, torch::kFloat64);
  const torch::Tensor bell = torch::exp(-0.5 * z * z);
  const torch::Tensor mass = bell / bell.sum();
  for (const auto& [sigma, tolerance] : promised) {
    PolicyConfig policy = Policy("squashed_normal");
    policy.set_initial_sigma(sigma);
    const auto squashed = Make(policy, Box({-1}, {1}));
    for (const double mean : {0.0, 0.3, 0.7, 1.0, 2.0, 3.0, 5.0}) {
      const torch::Tensor size = (mean + sigma * z).abs();
      const torch::Tensor log_slope = 2 * (std::log(2.0) - size - (-2 * size).exp().log1p());
      const double expected =
          0.5 * std::log(2 * M_PI * M_E * sigma * sigma) + (mass * log_slope).sum().item<double>();
      const torch::Tensor head = torch::tensor({mean, 0.0}, torch::kFloat64);
      const auto terms = squashed->Evaluate(head, torch::zeros({1}, torch::kFloat64));
      EXPECT_NEAR(terms.entropy.item<double>(), expected, tolerance) << mean << ", " << sigma;
    }
  }
}

}  // namespace
}  // namespace nyala
