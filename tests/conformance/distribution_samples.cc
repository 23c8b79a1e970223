// What a distribution samples, and what becomes of it.
#include <algorithm>
#include <cmath>

#include "tests/common/rl/algorithms/loss_problem.h"
#include "tests/common/rl/algorithms/target_problem.h"
#include "tests/conformance/distribution_conformance.h"

namespace nyala {
namespace {

// The bucket of a continuous action: 8 to a dimension, of whole numbers of grid cells.
size_t BucketOf(const std::vector<double>& action) {
  size_t bucket = 0;
  for (const double x : action) {
    bucket = 8 * bucket + static_cast<size_t>(std::clamp(std::floor(x) + 4, 0.0, 7.0));
  }
  return bucket;
}

}  // namespace

TEST_P(DistributionConformance, SamplesDensityIsWhatTheLearnerEvaluates) {
  for (const double size : {0.01, 0.3, 1.0, 3.0, 1e4}) {
    for (uint64_t i = 0; i < 100; ++i) {
      const std::vector<float> head = RandomHead(size);
      float log_mu = 0;
      const torch::Tensor action = Stack({SampleAt(head, {5, 2, i}, &log_mu)})[0];
      const auto terms = distribution_->Evaluate(
          torch::tensor(head), continuous() ? action.to(torch::kFloat32) : action);
      EXPECT_NEAR(terms.log_prob.item<float>(), log_mu, 1e-5 * std::max(1.0f, std::abs(log_mu)));
    }
  }
}

TEST_P(DistributionConformance, FrequenciesAreTheDensity) {
  constexpr uint64_t kDraws = 10000;
  const ActionGrid grid = Grid();
  const std::vector<float> head = RandomHead(0.7);
  const torch::Tensor masses = Densities(grid, head) * grid.volumes;
  const auto bucket_of = [&](const std::vector<double>& action) {
    if (continuous()) return BucketOf(action);
    return static_cast<size_t>(std::find(grid.actions.begin(), grid.actions.end(), action) -
                               grid.actions.begin());
  };
  std::vector<double> expected(64), counts(64);
  for (size_t i = 0; i < grid.actions.size(); ++i) {
    expected[bucket_of(grid.actions[i])] +=
        masses.data_ptr<double>()[i] * static_cast<double>(kDraws);
  }
  for (uint64_t i = 0; i < kDraws; ++i) ++counts.at(bucket_of(SampleAt(head, {3, 3, i})));
  double chi_square = 0, cells = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] < 5) continue;
    chi_square += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    ++cells;
  }
  EXPECT_GT(cells, 3);
  // Four standard deviations above the mean; the draws are always the same.
  EXPECT_LT(chi_square, cells + 4 * std::sqrt(2 * cells));
}

TEST_P(DistributionConformance, AnActionIsAPureFunctionOfItsWholeKey) {
  const std::vector<float> head = RandomHead(0.1);
  const auto draw = [&](uint64_t seed, uint64_t environment, uint64_t step) {
    std::vector<std::vector<double>> drawn;
    for (uint64_t i = 0; i < 32; ++i)
      drawn.push_back(SampleAt(head, {seed, environment, step + i}));
    return drawn;
  };
  EXPECT_EQ(draw(1, 2, 3), draw(1, 2, 3));
  EXPECT_NE(draw(1, 2, 3), draw(2, 2, 3));
  EXPECT_NE(draw(1, 2, 3), draw(1, 3, 3));
  EXPECT_NE(draw(1, 2, 3), draw(1, 2, 300));
}

// Every output at one of -1e4, 0 and 1e4.
TEST_P(DistributionConformance, ExtremeHeadsGiveFiniteLossesGradientsAndSamples) {
  for (uint64_t i = 0; i < 300; ++i) {
    std::vector<float> head(parameters());
    for (float& output : head) output = 1e4f * (static_cast<float>(random_.Below(3)) - 1);
    float log_mu = 0;
    const auto own = SampleAt(head, {1, 1, i}, &log_mu);
    const auto foreign = SampleAt(RandomHead(1), {1, 1, i});
    EXPECT_TRUE(std::isfinite(log_mu));
    torch::Tensor actions = Stack({own, foreign, GreedyOf(head)});
    if (continuous()) actions = actions.to(torch::kFloat32);
    const torch::Tensor leaf = torch::tensor(head).requires_grad_(true);
    const torch::Tensor rows = leaf.expand({3, -1});
    const auto terms = distribution_->Evaluate(rows, actions);
    EXPECT_TRUE(torch::isfinite(terms.log_prob).all().item<bool>());
    EXPECT_TRUE(torch::isfinite(terms.entropy).all().item<bool>());
    (terms.log_prob + terms.entropy).sum().backward();
    EXPECT_TRUE(torch::isfinite(leaf.grad()).all().item<bool>()) << leaf.grad();
  }
}

TEST_P(DistributionConformance, EnvironmentActionsLieWithinTheBounds) {
  const ActionSpec& action = GetParam().of.action;
  if (!continuous()) {
    EXPECT_FALSE(distribution_->transforms_actions());
    return;
  }
  ASSERT_TRUE(distribution_->transforms_actions());
  for (uint64_t i = 0; i < 500; ++i) {
    const auto drawn = SampleAt(RandomHead(i % 2 == 0 ? 1 : 1e4), {4, 4, i});
    const std::vector<float> u(drawn.begin(), drawn.end());
    std::vector<float> played(action.n);
    distribution_->ToEnvironment(u.data(), played.data());
    for (int64_t d = 0; d < action.n; ++d) {
      EXPECT_GE(played[d], action.low[d]);
      EXPECT_LE(played[d], action.high[d]);
    }
  }
}

TEST_P(DistributionConformance, EvaluatesAnyLeadingShape) {
  std::vector<float> heads;
  std::vector<std::vector<double>> drawn;
  for (uint64_t i = 0; i < 6; ++i) {
    const auto head = RandomHead(1);
    heads.insert(heads.end(), head.begin(), head.end());
    drawn.push_back(SampleAt(head, {6, 6, i}));
  }
  const torch::Tensor head = HeadTensor(heads).view({3, 2, -1}), actions = Stack(drawn);
  std::vector<int64_t> shape = actions.sizes().vec();
  shape.erase(shape.begin());
  shape.insert(shape.begin(), {3, 2});
  const auto terms = distribution_->Evaluate(head, actions.view(shape));
  const torch::Tensor kl = distribution_->Kl(head, head.flip(0));
  EXPECT_EQ(kl.sizes(), (std::vector<int64_t>{3, 2}));
  for (int64_t i = 0; i < 6; ++i) {
    const auto alone = distribution_->Evaluate(head[i / 2][i % 2], actions[i]);
    EXPECT_NEAR(terms.log_prob[i / 2][i % 2].item<double>(), alone.log_prob.item<double>(), 1e-9);
    EXPECT_NEAR(terms.entropy[i / 2][i % 2].item<double>(), alone.entropy.item<double>(), 1e-9);
  }
}

// Targets of a head that has moved since the actions were drawn, against the sum of the paper with
// density ratios from the definitions.
TEST_P(DistributionConformance, VtraceWeighsByTheDensityRatio) {
  constexpr int64_t kT = 7, kB = 4;
  TargetProblem problem = RandomProblem(11, kT, kB, 0.0, {0.1, 0.1});
  std::vector<float> heads, log_mu;
  std::vector<std::vector<double>> drawn;
  for (int64_t i = 0; i < kT * kB; ++i) {
    const auto behaviour = RandomHead(0.8);
    auto target = RandomHead(0.3);
    for (size_t p = 0; p < target.size(); ++p) target[p] += behaviour[p];
    heads.insert(heads.end(), target.begin(), target.end());
    drawn.push_back(SampleAt(behaviour, {8, 8, static_cast<uint64_t>(i)}, &log_mu.emplace_back()));
    const auto slow = [&](const std::vector<float>& head) {
      return GetParam().log_density(GetParam().of, {head.begin(), head.end()}, drawn.back());
    };
    problem.log_weights[i] = static_cast<float>(slow(target) - slow(behaviour));
  }
  const auto rows = [](const std::vector<float>& values) {
    return torch::tensor(values).view({-1, kB});
  };
  Batch batch;
  batch.log_mu = rows(log_mu);
  batch.rewards = rows(problem.rewards);
  batch.discounts = rows(problem.discounts);
  batch.frames = rows(problem.frames);
  torch::Tensor actions = Stack(drawn);
  if (continuous()) actions = actions.to(torch::kFloat32);
  const torch::Tensor log_prob =
      distribution_->Evaluate(torch::tensor(heads).view({kT * kB, -1}), actions).log_prob;
  const Targets made = MakeAlgorithm("impala")->ComputeTargets(
      batch, log_prob.view({kT, kB}).contiguous(), rows(problem.values));
  const auto values = [](const torch::Tensor& of) {
    return std::vector<float>(of.data_ptr<float>(), of.data_ptr<float>() + of.numel());
  };
  ExpectClose({values(made.values), values(made.advantages)}, SlowVtrace({}, problem), 1e-4);
}

}  // namespace nyala
