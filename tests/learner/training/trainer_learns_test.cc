// The trainer on synthetic unrolls of problems whose solution is known.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "common/nn/flat_parameters.h"
#include "common/rl/distributions/categorical.h"
#include "common/rl/episode_rows.h"
#include "tests/learner/training/trainer_problem.h"

namespace nyala {
namespace {

constexpr float kObservation[] = {1, -1, 0.5f, 0};

RunConfig BanditConfig(const std::string& algorithm) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_name(algorithm);
  config.mutable_algorithm()->set_reduction(AlgorithmConfig::MEAN);
  config.mutable_optimizer()->set_name("adam");
  config.mutable_optimizer()->set_learning_rate(0.01);
  config.mutable_algorithm()->set_entropy_cost(0);
  return config;
}

// The policy's and the value's answer to the one observation.
struct Answer {
  std::vector<float> logits;
  float value;
};

Answer Ask(const Trainer& trainer, const RunConfig& config) {
  auto network = MakeNetwork(config.network(), TrainedEnv(), {3}, 1);
  FlatParameters flat(**network);
  EXPECT_TRUE(flat.Load(trainer.Snapshot(1, 0)).ok());
  torch::NoGradGuard no_grad;
  const NetworkOutput out =
      (*network)->Forward(torch::tensor({1.0f, -1.0f, 0.5f, 0.0f}).view({1, 1, 4}), {}, {});
  Answer answer{{}, out.value.item<float>()};
  for (int a = 0; a < 3; ++a) answer.logits.push_back(out.policy[0][0][a].item<float>());
  return answer;
}

// Every row is an episode of its own: action 2 pays 1, the others nothing. Actions come from
// a policy of these logits.
void FillBandit(Slab* slab, uint64_t seed, const std::vector<float>& behaviour) {
  const Categorical distribution(3);
  Tile& tile = slab->tiles()[0];
  auto* observations = reinterpret_cast<float*>(tile.observations.data());
  for (size_t i = 0; i < tile.observations.size() / sizeof(float); ++i) {
    observations[i] = kObservation[i % 4];
  }
  for (size_t i = 0; i < tile.rewards.size(); ++i) {
    int32_t* action = reinterpret_cast<int32_t*>(tile.actions.data()) + i;
    tile.log_mu[i] = distribution.Sample(behaviour.data(), {seed, i, 0}, action);
    tile.rewards[i] = *action == 2 ? 1.0f : 0.0f;
    tile.flags[i] = kRowFirst | kRowTerminated;
  }
}

double ProbabilityOf(const Answer& answer, int action) {
  double total = 0;
  for (const float logit : answer.logits) total += std::exp(logit);
  return std::exp(answer.logits[action]) / total;
}

TEST(TrainerLearns, ABanditFromAnotherPolicysUnrolls) {
  const RunConfig config = BanditConfig("impala");
  const auto trainer = MakeTrainer(config, 2);
  Slab slab(trainer->unroll_spec(), kTrainedColumns, 1);
  EXPECT_NEAR(ProbabilityOf(Ask(*trainer, config), 2), 1.0 / 3, 0.05);
  for (uint64_t step = 0; step < 300; ++step) {
    FillBandit(&slab, step, {0, 0, 0});
    ASSERT_TRUE(trainer->Step(slab, 0).ok());
  }
  EXPECT_GT(ProbabilityOf(Ask(*trainer, config), 2), 0.9);
}

TEST(TrainerLearns, ABanditOnPolicyAndItsValue) {
  const RunConfig config = BanditConfig("a2c");
  const auto trainer = MakeTrainer(config);
  Slab slab(trainer->unroll_spec(), kTrainedColumns, 1);
  for (uint64_t step = 0; step < 300; ++step) {
    FillBandit(&slab, step, Ask(*trainer, config).logits);
    ASSERT_TRUE(trainer->Step(slab, 0).ok());
  }
  const Answer answer = Ask(*trainer, config);
  EXPECT_GT(ProbabilityOf(answer, 2), 0.95);
  EXPECT_NEAR(answer.value, 1.0, 0.15);
}

// One endless state that pays 1 a step: V = 1 / (1 - gamma), whatever cuts the episodes. A target
// that forgets the bootstrap of a truncation learns less, one that counts it twice more.
TEST(TrainerLearns, TheValueOfAnEndlessTaskThatIsTruncated) {
  for (const char* algorithm : {"impala", "a2c"}) {
    RunConfig config = BanditConfig(algorithm);
    config.mutable_algorithm()->set_discount(0.8);
    const auto trainer = MakeTrainer(config);
    Slab slab(trainer->unroll_spec(), kTrainedColumns, 1);
    for (uint64_t step = 0; step < 600; ++step) {
      FillBandit(&slab, step, Ask(*trainer, config).logits);
      Tile& tile = slab.tiles()[0];
      for (size_t i = 0; i < tile.flags.size(); ++i) {
        constexpr uint8_t kPattern[] = {kRowFirst, kRowTruncated, kRowFinal,
                                        kRowFirst, kRowTruncated, kRowFinal};
        tile.flags[i] = kPattern[i / kTrainedColumns];
        tile.rewards[i] = 1;
      }
      ASSERT_TRUE(trainer->Step(slab, 0).ok());
    }
    EXPECT_NEAR(Ask(*trainer, config).value, 5.0, 0.3) << algorithm;
  }
}

}  // namespace
}  // namespace nyala
