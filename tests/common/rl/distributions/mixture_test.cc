#include "common/rl/distributions/mixture.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

namespace nyala {
namespace {

std::unique_ptr<ActionDistribution> Make(const std::string& name, int32_t components, int64_t n) {
  PolicyConfig policy;
  policy.set_distribution(name);
  policy.set_mixture_components(components);
  policy.set_initial_sigma(0.5);
  ActionSpec action;
  action.kind = ActionSpec::Kind::kContinuous;
  action.n = n;
  action.low.assign(n, -2);
  action.high.assign(n, 3);
  auto made = MakeDistribution(policy, action);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

TEST(Mixture, OfOneIsTheNormal) {
  const auto normal = Make("normal", 1, 2), mixture = Make("mixture", 1, 2);
  torch::manual_seed(3);
  const torch::Tensor head = torch::randn({50, 5}), other = torch::randn({50, 5});
  const torch::Tensor actions = torch::randn({50, 2});
  const auto of_mixture = mixture->Evaluate(head, actions);
  const auto of_normal = normal->Evaluate(head.narrow(1, 1, 4), actions);
  EXPECT_TRUE(torch::allclose(of_mixture.log_prob, of_normal.log_prob, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(of_mixture.entropy, of_normal.entropy, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(mixture->Kl(head, other),
                              normal->Kl(head.narrow(1, 1, 4), other.narrow(1, 1, 4)), 1e-4, 1e-4));
}

TEST(Mixture, GreedyIsTheMeanOfTheLikeliestComponent) {
  const auto mixture = Make("mixture", 3, 2);
  // Logits, means by component, log sigmas; offsets of 3 components are -2/3, 0 and 2/3.
  const std::vector<float> head = {0, 1, 0.5f, 9, 9, 0.25f, -4, 9, 9, 0, 0, 0, 0, 0, 0};
  std::vector<float> u(2), played(2);
  mixture->Greedy(head.data(), u.data());
  EXPECT_FLOAT_EQ(u[0], 0.25f);
  EXPECT_FLOAT_EQ(u[1], -4 + 2.0f / 3);
  mixture->ToEnvironment(u.data(), played.data());
  EXPECT_FLOAT_EQ(played[0], 0.5f + 2.5f * 0.25f);
  EXPECT_EQ(played[1], -2);
}

// A head of zeros: the sampled actions of each component lie around means that differ.
TEST(Mixture, ComponentsDifferAtTheStart) {
  for (const int32_t K : {2, 3, 5}) {
    const auto mixture = Make("mixture", K, 2);
    std::vector<std::vector<float>> means;
    for (int32_t k = 0; k < K; ++k) {
      std::vector<float> head(mixture->parameters()), u(2);
      head[k] = 1;
      mixture->Greedy(head.data(), u.data());
      for (const auto& other : means) {
        EXPECT_GT(std::abs(u[0] - other[0]), 1.9f / static_cast<float>(K));
        EXPECT_GT(std::abs(u[1] - other[1]), 1.9f / static_cast<float>(K));
      }
      EXPECT_LT(std::abs(u[0]), 1);
      EXPECT_LT(std::abs(u[1]), 1);
      means.push_back(u);
    }
  }
}

// Two components whose means come together (the offsets of +-1/2 taken back) and go far apart.
TEST(Mixture, EntropyBoundIsExactWhereComponentsCoincideAndWhereTheyAreFarApart) {
  const auto mixture = Make("mixture", 2, 1);
  const double of_one = 0.5 * std::log(2 * M_PI * M_E * 0.25);
  const auto entropy = [&](float first, float second) {
    const torch::Tensor head = torch::tensor({0.0f, 0.0f, first, second, 0.0f, 0.0f});
    return mixture->Evaluate(head, torch::zeros({1})).entropy.item<double>();
  };
  EXPECT_NEAR(entropy(0.5f, -0.5f), of_one, 1e-5);
  EXPECT_NEAR(entropy(-20, 20), of_one + std::log(2), 1e-5);
  EXPECT_GT(entropy(0, 0), of_one);
  EXPECT_LT(entropy(0, 0), of_one + std::log(2));
}

TEST(Mixture, KlBoundIsExactWhereComponentsAreFarApart) {
  const auto mixture = Make("mixture", 2, 1);
  const torch::Tensor p = torch::tensor({0.0f, 0.0f, -30.0f, 30.0f, 0.0f, 0.0f});
  const torch::Tensor q = torch::tensor({1.0f, 0.0f, -30.2f, 30.0f, 0.0f, 0.0f});
  const double of_weights = -std::log(2) - 0.5 * (1 + 0) + std::log(1 + std::exp(1));
  EXPECT_NEAR(mixture->Kl(p, q).item<double>(), of_weights + 0.5 * 0.5 * 0.04 / 0.25, 1e-4);
}

}  // namespace
}  // namespace nyala
