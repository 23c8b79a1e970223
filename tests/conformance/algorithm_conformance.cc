// What every registered algorithm must do, whatever its targets are.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/rl/algorithms/actor_critic_loss.h"
#include "common/rl/distributions/categorical.h"
#include "tests/common/rl/algorithms/loss_problem.h"

namespace nyala {
namespace {

constexpr int64_t kT = 12, kB = 6, kActions = 3;

struct Gradients {
  torch::Tensor policy;  // [T+1, B, A]
  torch::Tensor value;   // [T+1, B]
  double total = 0;
};

class AlgorithmConformance : public testing::TestWithParam<std::string> {
 protected:
  static LossProblem Problem(uint64_t seed = 1) {
    return RandomLossProblem(seed, kT, kB, kActions);
  }

  // The loss of the columns [from, from + count) of each, as tiles of one batch.
  static Gradients Run(const std::string& name, const LossProblem& problem,
                       const std::vector<int64_t>& widths = {kB}) {
    const auto algorithm = MakeAlgorithm(name);
    const Categorical distribution(kActions);
    std::vector<Batch> tiles;
    std::vector<Prediction> predictions;
    const torch::Tensor policy = problem.policy.detach().clone().requires_grad_(true);
    const torch::Tensor value = problem.value.detach().clone().requires_grad_(true);
    int64_t from = 0;
    for (const int64_t width : widths) {
      const auto columns = [&](const torch::Tensor& all) {
        return all.narrow(1, from, width).contiguous();
      };
      Batch tile;
      tile.actions = columns(problem.batch.actions);
      tile.log_mu = columns(problem.batch.log_mu);
      tile.rewards = columns(problem.batch.rewards);
      tile.discounts = columns(problem.batch.discounts);
      tile.frames = columns(problem.batch.frames);
      tiles.push_back(tile);
      predictions.push_back({columns(policy), columns(value)});
      from += width;
    }
    algorithm->BeginBatch(tiles);
    std::vector<Targets> fixed(tiles.size());
    if (algorithm->fixed_targets()) {
      for (size_t i = 0; i < tiles.size(); ++i) {
        const auto log_prob =
            distribution.Evaluate(predictions[i].policy.detach().narrow(0, 0, kT), tiles[i].actions)
                .log_prob;
        fixed[i] = algorithm->ComputeTargets(tiles[i], log_prob.contiguous(),
                                             predictions[i].value.detach().contiguous());
      }
      algorithm->FinishTargets(tiles, absl::MakeSpan(fixed));
    }
    Gradients gradients;
    for (size_t i = 0; i < tiles.size(); ++i) {
      const LossTerms loss =
          ActorCriticLoss(*algorithm, distribution, {0.5, 0.01}, 1.0, tiles[i], predictions[i],
                          algorithm->fixed_targets() ? &fixed[i] : nullptr);
      loss.total.backward();
      gradients.total += loss.total.item<double>();
    }
    gradients.policy = policy.grad();
    gradients.value = value.grad().defined() ? value.grad() : torch::zeros_like(value);
    return gradients;
  }
};

TEST_P(AlgorithmConformance, RowsThatAreNoFramesGetNoGradient) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const LossProblem problem = Problem(seed);
    const torch::Tensor masked = problem.batch.frames == 0;
    ASSERT_TRUE(masked.any().item<bool>());
    const Gradients gradients = Run(GetParam(), problem);
    EXPECT_EQ(
        gradients.policy.narrow(0, 0, kT).abs().sum(-1).masked_select(masked).sum().item<float>(),
        0);
    EXPECT_EQ(gradients.value.narrow(0, 0, kT).masked_select(masked).abs().sum().item<float>(), 0);
    // The row after the last is there for its value alone, which is no prediction to be learnt.
    EXPECT_EQ(gradients.policy[kT].abs().sum().item<float>(), 0);
    EXPECT_EQ(gradients.value[kT].abs().sum().item<float>(), 0);
    EXPECT_GT(gradients.policy.abs().sum().item<float>(), 0);
  }
}

TEST_P(AlgorithmConformance, ValuesAreLearntExactlyWhereItSaysSo) {
  const Gradients gradients = Run(GetParam(), Problem());
  EXPECT_EQ(gradients.value.abs().sum().item<float>() > 0,
            MakeAlgorithm(GetParam())->learns_value());
}

TEST_P(AlgorithmConformance, HowColumnsLieInTilesDoesNotMatter) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const LossProblem problem = Problem(seed);
    const Gradients together = Run(GetParam(), problem);
    for (const auto& widths : {std::vector<int64_t>{1, 5}, std::vector<int64_t>{3, 3},
                               std::vector<int64_t>{2, 2, 1, 1}}) {
      const Gradients apart = Run(GetParam(), problem, widths);
      EXPECT_TRUE(torch::allclose(together.policy, apart.policy, 1e-4, 1e-5));
      EXPECT_TRUE(torch::allclose(together.value, apart.value, 1e-4, 1e-5));
      EXPECT_NEAR(together.total, apart.total, 1e-3);
    }
  }
}

TEST_P(AlgorithmConformance, LogitsOfTenThousandStayFinite) {
  LossProblem problem = Problem();
  {
    torch::NoGradGuard no_grad;
    problem.policy.mul_(1e4);
    // As the policy that acts then says of what it took.
    problem.batch.log_mu.fill_(-0.01);
  }
  const Gradients gradients = Run(GetParam(), problem);
  EXPECT_TRUE(std::isfinite(gradients.total));
  EXPECT_TRUE(gradients.policy.isfinite().all().item<bool>());
  EXPECT_TRUE(gradients.value.isfinite().all().item<bool>());
}

TEST_P(AlgorithmConformance, TheSameBatchGivesTheSameGradient) {
  const Gradients one = Run(GetParam(), Problem()), other = Run(GetParam(), Problem());
  EXPECT_TRUE(torch::equal(one.policy, other.policy));
  EXPECT_TRUE(torch::equal(one.value, other.value));
}

TEST_P(AlgorithmConformance, ABatchWithoutAFrameTeachesNothing) {
  LossProblem problem = Problem();
  problem.batch.frames.zero_();
  problem.batch.discounts.zero_();
  const Gradients gradients = Run(GetParam(), problem);
  EXPECT_EQ(gradients.policy.abs().sum().item<float>(), 0);
  EXPECT_EQ(gradients.value.abs().sum().item<float>(), 0);
}

// What comes after a row that ends an episode does not reach what came before it.
TEST_P(AlgorithmConformance, NothingFlowsBackOverTheEndOfAnEpisode) {
  if (GetParam() == "cem") GTEST_SKIP() << "its elite is chosen among all sessions of a batch";
  int ends = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const LossProblem problem = Problem(seed);
    for (int64_t t = 0; t + 1 < kT; ++t) {
      // The end must be of the kind that has a zero discount at row t, in column 0.
      if (problem.batch.discounts[t][0].item<float>() != 0) continue;
      LossProblem changed = RandomLossProblem(seed, kT, kB, kActions);
      torch::NoGradGuard no_grad;
      changed.batch.rewards.narrow(0, t + 1, kT - t - 1).select(1, 0).add_(100);
      changed.value.narrow(0, t + 1, kT - t).select(1, 0).add_(100);
      Gradients before, after;
      {
        torch::AutoGradMode with_grad(true);
        before = Run(GetParam(), problem);
        after = Run(GetParam(), changed);
      }
      const auto column = [&](const torch::Tensor& all) {
        return all.narrow(0, 0, t + 1).select(1, 0);
      };
      EXPECT_TRUE(torch::equal(column(before.policy), column(after.policy)));
      EXPECT_TRUE(torch::equal(column(before.value), column(after.value)));
      ++ends;
    }
  }
  EXPECT_GT(ends, 3);
}

INSTANTIATE_TEST_SUITE_P(All, AlgorithmConformance, testing::ValuesIn(Algorithms().Names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace nyala
