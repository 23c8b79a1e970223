#include "common/rl/distributions/categorical.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "common/base/random.h"

namespace nyala {
namespace {

std::vector<float> RandomHead(RandomSequence& random, int64_t actions, double size) {
  std::vector<float> head(actions);
  for (float& logit : head) logit = static_cast<float>(random.Uniform(-size, size));
  return head;
}

std::vector<double> Probabilities(const std::vector<float>& head) {
  double highest = head[0];
  for (const float logit : head) highest = std::max<double>(highest, logit);
  double total = 0;
  for (const float logit : head) total += std::exp(logit - highest);
  std::vector<double> made;
  for (const float logit : head) made.push_back(std::exp(logit - highest) / total);
  return made;
}

int32_t SampleAt(const Categorical& distribution, const std::vector<float>& head,
                 const ActionKey& key, float* log_mu = nullptr) {
  int32_t action = -1;
  const float density = distribution.Sample(head.data(), key, &action);
  if (log_mu != nullptr) *log_mu = density;
  return action;
}

TEST(Categorical, SamplesDensityIsWhatTheLearnerEvaluates) {
  RandomSequence random(1);
  for (const double size : {0.1, 3.0, 40.0, 1e4}) {
    for (uint64_t i = 0; i < 200; ++i) {
      const auto actions = static_cast<int64_t>(1 + random.Below(9));
      const Categorical distribution(actions);
      const std::vector<float> head = RandomHead(random, actions, size);
      float log_mu = 0;
      const int64_t action = SampleAt(distribution, head, {5, 2, i}, &log_mu);
      ASSERT_GE(action, 0);
      ASSERT_LT(action, actions);
      const auto terms = distribution.Evaluate(torch::tensor(head), torch::tensor(action));
      EXPECT_NEAR(terms.log_prob.item<float>(), log_mu, 1e-5 * std::max(1.0, size / 10));
    }
  }
}

TEST(Categorical, FrequenciesAreTheProbabilities) {
  constexpr int kDraws = 20000;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    RandomSequence random(seed);
    const auto actions = static_cast<int64_t>(2 + random.Below(6));
    const std::vector<float> head = RandomHead(random, actions, 2.0);
    const std::vector<double> expected = Probabilities(head);
    const Categorical distribution(actions);
    std::vector<int> counts(actions);
    for (uint64_t i = 0; i < kDraws; ++i) ++counts[SampleAt(distribution, head, {seed, 3, i})];
    double chi_square = 0;
    for (int64_t a = 0; a < actions; ++a) {
      const double mean = expected[a] * kDraws;
      chi_square += (counts[a] - mean) * (counts[a] - mean) / mean;
    }
    // At most 7 degrees of freedom: beyond 30 only once in 10,000 tables; the seeds are fixed.
    EXPECT_LT(chi_square, 30) << "seed " << seed;
  }
}

TEST(Categorical, NeverTakesWhatHasNoProbability) {
  const Categorical distribution(3);
  for (uint64_t i = 0; i < 2000; ++i) {
    EXPECT_EQ(SampleAt(distribution, {-1e4f, 1e4f, -1e4f}, {1, 1, i}), 1);
    EXPECT_EQ(SampleAt(distribution, {1e4f, -1e4f, -1e4f}, {1, 1, i}), 0);
    EXPECT_EQ(SampleAt(distribution, {-1e4f, -1e4f, 1e4f}, {1, 1, i}), 2);
  }
}

// The uniform number of this key is 1 when rounded to float32: the sum runs out before the end.
TEST(Categorical, RoundingNeverLeadsToAnActionOfNoProbability) {
  const ActionKey key{1, 1, 4987177};
  ASSERT_EQ(static_cast<float>(RandomUniform(1, 1, 4987177, RandomPurpose::kAction)), 1.0f);
  const Categorical distribution(3);
  EXPECT_EQ(SampleAt(distribution, {0, 1, -1e4f}, key), 1);
  EXPECT_EQ(SampleAt(distribution, {0, 1, 0.5f}, key), 2);
}

TEST(Categorical, AnActionIsAPureFunctionOfItsKey) {
  RandomSequence random(9);
  constexpr int64_t kRows = 64;
  const Categorical distribution(4);
  std::vector<std::vector<float>> heads;
  for (int64_t i = 0; i < kRows; ++i) heads.push_back(RandomHead(random, 4, 1.0));
  const auto key = [](int64_t i) {
    return ActionKey{42, static_cast<uint64_t>(i % 8), static_cast<uint64_t>(i / 8)};
  };
  std::vector<int32_t> forwards(kRows), backwards(kRows);
  for (int64_t i = 0; i < kRows; ++i) forwards[i] = SampleAt(distribution, heads[i], key(i));
  for (int64_t i = kRows - 1; i >= 0; --i) {
    backwards[i] = SampleAt(distribution, heads[i], key(i));
  }
  EXPECT_EQ(forwards, backwards);
}

TEST(Categorical, EveryPartOfTheKeyMatters) {
  const Categorical distribution(1000);
  const std::vector<float> flat(1000, 0.0f);
  const int32_t base = SampleAt(distribution, flat, {1, 2, 3});
  EXPECT_NE(SampleAt(distribution, flat, {2, 2, 3}), base);
  EXPECT_NE(SampleAt(distribution, flat, {1, 3, 3}), base);
  EXPECT_NE(SampleAt(distribution, flat, {1, 2, 4}), base);
}

TEST(Categorical, GreedyTakesTheLikeliest) {
  const Categorical distribution(4);
  int32_t action = -1;
  const std::vector<float> head = {0.5f, -3.0f, 2.0f, 1.9f};
  distribution.Greedy(head.data(), &action);
  EXPECT_EQ(action, 2);
}

TEST(Categorical, EntropyIsTheDirectSum) {
  RandomSequence random(4);
  const Categorical distribution(6);
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> head = RandomHead(random, 6, 3.0);
    double expected = 0;
    for (const double p : Probabilities(head)) expected -= p * std::log(p);
    const auto terms = distribution.Evaluate(torch::tensor(head), torch::tensor(int64_t{0}));
    EXPECT_NEAR(terms.entropy.item<float>(), expected, 1e-5);
  }
}

TEST(Categorical, ExtremeLogitsGiveFiniteLossesAndGradients) {
  const Categorical distribution(3);
  for (const int64_t action : {0, 1, 2}) {
    const torch::Tensor head = torch::tensor({1e4f, -1e4f, 0.0f}).requires_grad_(true);
    const auto terms = distribution.Evaluate(head, torch::tensor(action));
    const torch::Tensor loss = terms.log_prob + terms.entropy;
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<float>()));
    EXPECT_TRUE(torch::isfinite(head.grad()).all().item<bool>());
  }
}

TEST(Categorical, EvaluatesAnyLeadingShape) {
  const Categorical distribution(3);
  const auto terms =
      distribution.Evaluate(torch::zeros({4, 2, 3}), torch::zeros({4, 2}, torch::kInt64));
  EXPECT_EQ(terms.log_prob.sizes(), (std::vector<int64_t>{4, 2}));
  EXPECT_EQ(terms.entropy.sizes(), (std::vector<int64_t>{4, 2}));
  EXPECT_NEAR(terms.log_prob[3][1].item<float>(), -std::log(3.0), 1e-6);
}

}  // namespace
}  // namespace nyala
