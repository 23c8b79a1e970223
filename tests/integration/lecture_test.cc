// The lecture's world of two states: the prediction of less squared error has the worse policy, and
// the policy-gradient methods, which predict nothing to act, find the right actions.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actor/rollout/inference.h"
#include "actor/rollout/unroll_builder.h"
#include "actor/vector_env.h"
#include "common/rl/episode_rows.h"
#include "learner/batches/slab.h"
#include "learner/training/trainer.h"

namespace nyala {
namespace {

constexpr int64_t kT = 16, kE = 16;

RunConfig LectureConfig(const std::string& algorithm) {
  RunConfig config;
  config.mutable_environment()->set_id("LectureTwoState");
  AlgorithmConfig* settings = config.mutable_algorithm();
  settings->set_name(algorithm);
  settings->set_reduction(AlgorithmConfig::MEAN);
  // Rewards go up to 100, while what counts in the first state is a difference of 1.
  settings->set_reward_scale(0.1);
  settings->set_entropy_cost(0);
  config.mutable_network()->add_hidden(16);
  config.mutable_optimizer()->set_name("adam");
  config.mutable_optimizer()->set_learning_rate(0.01);
  config.mutable_batch()->set_unroll_length(kT);
  return config;
}

class LectureTest : public testing::TestWithParam<const char*> {};

TEST_P(LectureTest, FindsTheRightActionInBothStates) {
  const RunConfig config = LectureConfig(GetParam());
  VectorEnvOptions environment;
  environment.id = config.environment().id();
  environment.E = kE;
  environment.seed = 1;
  auto environments = *MakeVectorEnv(environment);
  const EnvSpec env = environments->spec();
  const auto trainer = *Trainer::Create({config, env, 1});
  const auto inference = *MakeLocalInference(config, env);
  UnrollBuilderOptions options;
  options.T = kT;
  options.seed = 1;
  UnrollBuilder builder(options, std::move(environments));
  Unroll unroll(builder.spec());
  Slab slab(builder.spec(), kE, 1);
  for (int update = 0; update < 1500; ++update) {
    ASSERT_TRUE(inference->Load(trainer->Snapshot(1, 0)).ok());
    ASSERT_TRUE(builder.Collect(*inference, &unroll).ok());
    slab.Clear();
    slab.CopyColumns(unroll.view(), 0, kE, 0);
    ASSERT_TRUE(trainer->Step(slab, 0).ok());
  }

  const auto greedy = *MakeLocalInference(config, env, /*greedy=*/true);
  ASSERT_TRUE(greedy->Load(trainer->Snapshot(1, 0)).ok());
  const std::vector<float> both = {1, 0, 0, 1};
  const std::vector<uint8_t> flags = {kRowFirst, kRowFirst};
  const std::vector<ActionKey> keys(2);
  std::vector<int32_t> actions(2, -1);
  std::vector<float> log_mu(2);
  ActRow row;
  row.E = 2;
  row.observations = reinterpret_cast<const uint8_t*>(both.data());
  row.flags = flags.data();
  row.keys = keys.data();
  row.actions = reinterpret_cast<uint8_t*>(actions.data());
  row.environment_actions = row.actions;
  row.log_mu = log_mu.data();
  ASSERT_TRUE(greedy->Act(row).ok());
  EXPECT_EQ(actions, (std::vector<int32_t>{1, 1}));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, LectureTest,
                         testing::Values("reinforce", "a2c", "a3c", "impala", "appo", "ppo"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace nyala
