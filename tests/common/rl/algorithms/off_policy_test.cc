// The corrections of impala beside V-trace, and APPO's surrogate, against plain loops.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "common/rl/algorithms/actor_critic_loss.h"
#include "common/rl/distributions/categorical.h"
#include "tests/common/rl/algorithms/loss_problem.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {
namespace {

constexpr int64_t kT = 7, kB = 3, kActions = 4;

std::unique_ptr<Algorithm> Make(const std::string& name, const AlgorithmConfig& config) {
  auto made = Algorithms().Create(name, config);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::unique_ptr<Algorithm> Corrected(const std::string& correction, double pg_rho_bar = 1.0) {
  AlgorithmConfig config;
  config.set_correction(correction);
  config.set_pg_rho_bar(pg_rho_bar);
  return Make("impala", config);
}

Batch BatchOf(const TargetProblem& problem) {
  const auto matrix = [&](const std::vector<float>& data) {
    return torch::tensor(data).view({problem.T, problem.B});
  };
  Batch batch;
  batch.rewards = matrix(problem.rewards);
  batch.discounts = matrix(problem.discounts);
  batch.frames = matrix(problem.frames);
  batch.log_mu = torch::zeros({problem.T, problem.B});
  return batch;
}

Targets TargetsOf(const Algorithm& algorithm, const TargetProblem& problem) {
  const torch::Tensor log_prob =
      torch::tensor(problem.log_weights).view({problem.T, problem.B}).contiguous();
  return algorithm.ComputeTargets(BatchOf(problem), log_prob,
                                  torch::tensor(problem.values).view({problem.T + 1, problem.B}));
}

TEST(Corrections, WithoutTracesTheValueTargetsAreNStepReturns) {
  const TargetProblem problem = RandomProblem(4, kT, kB, 1.0);
  const SlowTargets slow = SlowNStepReturns(kT, problem);
  for (const char* correction : {"none", "epsilon", "one_step_is"}) {
    const Targets targets = TargetsOf(*Corrected(correction, 1.5), problem);
    for (int64_t i = 0; i < kT * kB; ++i) {
      const double weight =
          std::string(correction) == "one_step_is"
              ? std::min(1.5, std::exp(static_cast<double>(problem.log_weights[i])))
              : 1.0;
      EXPECT_NEAR(targets.values.view({-1})[i].item<double>(), slow.targets[i], 1e-4) << correction;
      const double expected = problem.frames[i] != 0 ? weight * slow.advantages[i] : 0.0;
      EXPECT_NEAR((targets.advantages.view({-1})[i] * problem.frames[i]).item<double>(), expected,
                  1e-4)
          << correction;
    }
  }
}

TEST(Corrections, OnPolicyAllAreTheSame) {
  const TargetProblem problem = RandomProblem(5, kT, kB, 0.0);
  const Targets reference = TargetsOf(*Corrected("vtrace"), problem);
  for (const char* correction : {"none", "epsilon", "one_step_is"}) {
    const Targets targets = TargetsOf(*Corrected(correction), problem);
    EXPECT_TRUE(torch::allclose(targets.values, reference.values, 1e-5, 1e-5)) << correction;
    EXPECT_TRUE(torch::allclose(targets.advantages, reference.advantages, 1e-5, 1e-5));
  }
}

TEST(Corrections, EpsilonBoundsTheGradientOfUnlikelyActions) {
  Batch batch;
  batch.frames = torch::ones({1, 2});
  Targets targets;
  targets.advantages = torch::ones({1, 2});
  torch::Tensor log_prob = torch::tensor({{-0.5f, -40.0f}}).requires_grad_(true);
  Corrected("epsilon")->PolicyLoss(batch, targets, log_prob).backward();
  // d log(pi + e) / d log pi = pi / (pi + e).
  EXPECT_NEAR(log_prob.grad()[0][0].item<double>(), -1.0, 1e-5);
  EXPECT_NEAR(log_prob.grad()[0][1].item<double>(), 0.0, 1e-5);
}

TEST(Corrections, AnUnknownOneIsRefusedWithItsField) {
  AlgorithmConfig config;
  config.set_correction("vtrase");
  const auto made = Algorithms().Create("impala", config);
  EXPECT_NE(made.status().message().find("algorithm.correction"), std::string::npos);
  EXPECT_NE(made.status().message().find("vtrace"), std::string::npos);
}

// What a loss says of both outputs.
struct Gradients {
  torch::Tensor policy, value;
};

Gradients GradientsOf(const Algorithm& algorithm, LossProblem problem, const Targets* fixed) {
  const Categorical distribution(kActions);
  ActorCriticLoss(algorithm, distribution, {0.5, 0.01}, 1.0, problem.batch, problem.prediction(),
                  fixed)
      .total.backward();
  return {problem.policy.grad(), problem.value.grad()};
}

Targets FixedTargets(const Algorithm& algorithm, const LossProblem& problem) {
  const Categorical distribution(kActions);
  const torch::Tensor log_prob =
      distribution.Evaluate(problem.policy.detach().narrow(0, 0, kT), problem.batch.actions)
          .log_prob;
  return algorithm.ComputeTargets(problem.batch, log_prob.contiguous(), problem.value.detach());
}

TEST(Appo, AtTheParametersOfItsTargetsTheGradientIsImpalas) {
  const auto appo = Make("appo", {});
  ASSERT_TRUE(appo->fixed_targets());
  const LossProblem problem = RandomLossProblem(7, kT, kB, kActions);
  const Targets targets = FixedTargets(*appo, problem);
  const Gradients of_appo = GradientsOf(*appo, problem, &targets);
  const Gradients of_impala =
      GradientsOf(*Make("impala", {}), RandomLossProblem(7, kT, kB, kActions), nullptr);
  EXPECT_TRUE(torch::allclose(of_appo.policy, of_impala.policy, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(of_appo.value, of_impala.value, 1e-4, 1e-5));
}

TEST(Appo, TheSurrogateIsClippedWhereItWouldGainFromMoving) {
  AlgorithmConfig config;
  config.set_clip_ratio(0.3);
  const auto appo = Make("appo", config);
  const LossProblem problem = RandomLossProblem(8, kT, kB, kActions);
  Targets targets = FixedTargets(*appo, problem);
  torch::manual_seed(3);
  torch::Tensor log_prob =
      (targets.log_prob + 0.5 * torch::randn_like(targets.log_prob)).detach().requires_grad_(true);
  const torch::Tensor loss = appo->PolicyLoss(problem.batch, targets, log_prob);
  loss.backward();
  double slow = 0;
  int clipped = 0;
  for (int64_t t = 0; t < kT; ++t) {
    for (int64_t b = 0; b < kB; ++b) {
      const double gradient = log_prob.grad()[t][b].item<double>();
      if (problem.batch.frames[t][b].item<float>() == 0) {
        EXPECT_EQ(gradient, 0);
        continue;
      }
      const double advantage = (targets.advantages[t][b] * targets.weights[t][b]).item<double>();
      const double ratio =
          std::exp(log_prob[t][b].item<double>() - targets.log_prob[t][b].item<double>());
      slow -= std::min(ratio * advantage, std::clamp(ratio, 0.7, 1.3) * advantage);
      const bool flat = (advantage > 0 && ratio > 1.3) || (advantage < 0 && ratio < 0.7);
      clipped += flat ? 1 : 0;
      EXPECT_NEAR(gradient, flat ? 0 : -ratio * advantage, 1e-3);
    }
  }
  EXPECT_NEAR(loss.item<double>(), slow, 1e-3);
  EXPECT_GT(clipped, 0);
}

TEST(Appo, AdvantagesAreNormalisedOverAllTiles) {
  AlgorithmConfig config;
  config.set_normalize_advantages(true);
  const auto appo = Make("appo", config);
  const LossProblem one = RandomLossProblem(1, kT, kB, kActions);
  const LossProblem other = RandomLossProblem(2, kT, kB, kActions);
  const std::vector<Batch> tiles = {one.batch, other.batch};
  std::vector<Targets> targets = {FixedTargets(*appo, one), FixedTargets(*appo, other)};
  appo->FinishTargets(tiles, absl::MakeSpan(targets));
  double count = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < tiles.size(); ++i) {
    const torch::Tensor kept = targets[i].advantages.masked_select(tiles[i].frames != 0);
    count += static_cast<double>(kept.numel());
    sum += kept.sum().item<double>();
    squares += kept.square().sum().item<double>();
  }
  EXPECT_NEAR(sum / count, 0, 1e-5);
  EXPECT_NEAR(squares / count, 1, 1e-4);
}

}  // namespace
}  // namespace nyala
