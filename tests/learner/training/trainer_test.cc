#include "learner/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/rl/episode_rows.h"
#include "tests/learner/training/trainer_problem.h"

namespace nyala {
namespace {

using testing::HasSubstr;

std::vector<float> Values(const Trainer& trainer) { return trainer.Snapshot(1, 0).values; }

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max<double>(largest, std::abs(a[i] - b[i]));
  return largest;
}

void ExpectSameTensors(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].shape, b[i].shape);
    EXPECT_EQ(a[i].values, b[i].values) << a[i].name;
  }
}

TEST(Trainer, TheResultDoesNotDependOnShardsAndTiles) {
  for (const char* algorithm : {"impala", "a2c"}) {
    RunConfig config = TrainedConfig();
    config.mutable_algorithm()->set_name(algorithm);
    const auto reference = MakeTrainer(config);
    const std::vector<float> before = Values(*reference);
    TrainOn(*reference, 1, 3);
    EXPECT_GT(LargestDifference(before, Values(*reference)), 1e-3);
    for (const int shards : {1, 2, 3, 5}) {
      for (const int64_t tiles : {1, 2, 5, 12}) {
        const auto trainer = MakeTrainer(config, shards);
        TrainOn(*trainer, 1, 3, tiles);
        EXPECT_LT(LargestDifference(Values(*reference), Values(*trainer)), 2e-6)
            << algorithm << " with " << shards << " shards, " << tiles << " tiles";
      }
    }
  }
}

TEST(Trainer, RepeatedItIsBitIdentical) {
  for (const int shards : {1, 3}) {
    const auto one = MakeTrainer(TrainedConfig(), shards);
    const auto other = MakeTrainer(TrainedConfig(), shards);
    TrainOn(*one, 1, 5, 6);
    TrainOn(*other, 1, 5, 6);
    EXPECT_EQ(Values(*one), Values(*other));
  }
}

TEST(Trainer, MaskedColumnsCountForNothing) {
  const auto plain = MakeTrainer(TrainedConfig());
  const auto masked = MakeTrainer(TrainedConfig());
  const auto stats = plain->Step(*RandomSlab(*plain, 1), 0);
  const auto masked_stats = masked->Step(*RandomSlab(*masked, 1, 1, kTrainedColumns + 4), 0);
  ASSERT_TRUE(stats.ok() && masked_stats.ok());
  EXPECT_EQ(stats->frames, masked_stats->frames);
  EXPECT_NEAR(stats->total_loss, masked_stats->total_loss, 1e-4);
  EXPECT_LT(LargestDifference(Values(*plain), Values(*masked)), 2e-6);
}

TEST(Trainer, WhatAFinalRowCarriesChangesNothing) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_reward_scale(100);
  const auto plain = MakeTrainer(config);
  const auto spoilt = MakeTrainer(config);
  ASSERT_TRUE(plain->Step(*RandomSlab(*plain, 1), 0).ok());
  const auto slab = RandomSlab(*spoilt, 1);
  Tile& tile = slab->tiles()[0];
  int64_t final_rows = 0;
  for (size_t i = 0; i < tile.flags.size(); ++i) {
    if (RowIsFrame(tile.flags[i])) continue;
    tile.rewards[i] = std::numeric_limits<float>::max();
    tile.log_mu[i] = -1e30f;
    ++final_rows;
  }
  ASSERT_GT(final_rows, 0);
  ASSERT_TRUE(spoilt->Step(*slab, 0).ok());
  EXPECT_EQ(Values(*plain), Values(*spoilt));
}

TEST(Trainer, TheMeanIsTheSumOverFrames) {
  RunConfig config = TrainedConfig();
  config.mutable_optimizer()->set_clip_norm(0);
  const auto sum = MakeTrainer(config);
  config.mutable_algorithm()->set_reduction(AlgorithmConfig::MEAN);
  const auto mean = MakeTrainer(config);
  const auto slab = RandomSlab(*sum, 1);
  const auto of_sum = sum->Step(*slab, 0);
  const auto of_mean = mean->Step(*slab, 0);
  ASSERT_TRUE(of_sum.ok() && of_mean.ok());
  const auto frames = static_cast<double>(of_sum->frames);
  EXPECT_EQ(of_sum->frames, static_cast<uint64_t>(slab->CountFrames()));
  EXPECT_LT(frames, 6 * kTrainedColumns);  // some rows are final ones
  EXPECT_NEAR(of_mean->total_loss * frames, of_sum->total_loss, 1e-3);
  EXPECT_NEAR(of_mean->gradient_norm * frames, of_sum->gradient_norm, 1e-3);
  EXPECT_NEAR(of_mean->entropy, of_sum->entropy, 1e-6);
}

TEST(Trainer, TheLossIsMadeOfItsTerms) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_baseline_cost(0.3);
  config.mutable_algorithm()->set_entropy_cost(0.2);
  const auto trainer = MakeTrainer(config);
  const auto stats = trainer->Step(*RandomSlab(*trainer, 1), 0);
  ASSERT_TRUE(stats.ok());
  EXPECT_NEAR(stats->total_loss,
              static_cast<double>(stats->frames) *
                  (stats->policy_loss + 0.3 * stats->baseline_loss - 0.2 * stats->entropy),
              1e-3);
  // The policy's head starts small: nearly uniform over three actions.
  EXPECT_NEAR(stats->entropy, std::log(3.0), 1e-2);
}

TEST(Trainer, SchedulesAreLinearInFrames) {
  RunConfig config = TrainedConfig();
  config.mutable_limits()->set_frames(1000);
  config.mutable_optimizer()->set_learning_rate(0.5);
  config.mutable_optimizer()->set_learning_rate_final(0.1);
  config.mutable_algorithm()->set_entropy_cost(1.0);
  config.mutable_algorithm()->set_entropy_cost_final(0.2);
  const struct {
    uint64_t frames;
    double rate, cost;
  } expected[] = {
      {0, 0.5, 1.0}, {250, 0.4, 0.8}, {500, 0.3, 0.6}, {1000, 0.1, 0.2}, {5000, 0.1, 0.2}};
  for (const auto& at : expected) {
    const auto trainer = MakeTrainer(config);
    const auto stats = trainer->Step(*RandomSlab(*trainer, 1), at.frames);
    ASSERT_TRUE(stats.ok());
    EXPECT_NEAR(stats->learning_rate, at.rate, 1e-12) << at.frames;
    const double per_frame = stats->total_loss / static_cast<double>(stats->frames);
    EXPECT_NEAR((stats->policy_loss + 0.5 * stats->baseline_loss - per_frame) / stats->entropy,
                at.cost, 1e-4)
        << at.frames;
  }
}

TEST(Trainer, RewardsAreScaledThenClipped) {
  RunConfig config = TrainedConfig();
  const auto plain = MakeTrainer(config);
  const auto by_hand = RandomSlab(*plain, 1);
  for (float& reward : by_hand->tiles()[0].rewards) reward = std::clamp(3 * reward, -0.5f, 0.5f);
  config.mutable_algorithm()->set_reward_scale(3);
  config.mutable_algorithm()->set_reward_clip(0.5);
  const auto scaled = MakeTrainer(config);
  const auto untouched = RandomSlab(*scaled, 1);
  ASSERT_TRUE(plain->Step(*by_hand, 0).ok());
  ASSERT_TRUE(scaled->Step(*untouched, 0).ok());
  EXPECT_EQ(Values(*plain), Values(*scaled));
}

TEST(Trainer, GradientsAreClippedByTheirNorm) {
  RunConfig config = TrainedConfig();
  const auto loose = MakeTrainer(config);
  config.mutable_optimizer()->set_clip_norm(1e-6);
  const auto tight = MakeTrainer(config);
  const std::vector<float> before = Values(*tight);
  const auto slab = RandomSlab(*loose, 1);
  const auto loose_stats = loose->Step(*slab, 0);
  const auto tight_stats = tight->Step(*slab, 0);
  ASSERT_TRUE(loose_stats.ok() && tight_stats.ok());
  EXPECT_DOUBLE_EQ(loose_stats->gradient_norm, tight_stats->gradient_norm);  // before the clip
  EXPECT_LT(LargestDifference(before, Values(*tight)), 1e-6);
  EXPECT_GT(LargestDifference(before, Values(*loose)), 1e-4);
}

TEST(Trainer, NaNLeavesEverythingAsItWasAndSaysSo) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const auto trainer = MakeTrainer(TrainedConfig(), 2);
    const auto untouched = MakeTrainer(TrainedConfig(), 2);
    TrainOn(*trainer, 1, 2, 4);
    TrainOn(*untouched, 1, 2, 4);
    const auto slab = RandomSlab(*trainer, 9, 4);
    slab->tiles()[1].rewards[0] = bad;
    slab->tiles()[1].flags[0] = 0;
    const auto stats = trainer->Step(*slab, 0);
    ASSERT_TRUE(stats.ok()) << stats.status();
    EXPECT_EQ(stats->skipped_steps, 1);
    EXPECT_THAT(stats->why_skipped, HasSubstr("loss"));
    ExpectSameTensors(trainer->ModelTensors(), untouched->ModelTensors());
    ExpectSameTensors(trainer->OptimizerTensors(), untouched->OptimizerTensors());
    // Nothing of it is left in the sums and gradients of the next step.
    TrainOn(*trainer, 20, 2, 4);
    TrainOn(*untouched, 20, 2, 4);
    EXPECT_EQ(Values(*trainer), Values(*untouched));
  }
}

TEST(Trainer, ARestoredTrainerGoesOnBitByBit) {
  for (const char* optimizer : {"rmsprop", "rmsprop_tf", "adam"}) {
    RunConfig config = TrainedConfig();
    config.mutable_optimizer()->set_name(optimizer);
    const auto trainer = MakeTrainer(config, 2);
    TrainOn(*trainer, 1, 4, 4);
    config.set_seed(77);  // other initial weights
    const auto restored = MakeTrainer(config, 2);
    TrainOn(*restored, 50, 1, 4);
    ASSERT_NE(Values(*trainer), Values(*restored));
    const absl::Status status =
        restored->Restore(trainer->ModelTensors(), trainer->OptimizerTensors());
    ASSERT_TRUE(status.ok()) << status;
    TrainOn(*trainer, 10, 4, 4);
    TrainOn(*restored, 10, 4, 4);
    EXPECT_EQ(Values(*trainer), Values(*restored)) << optimizer;
  }
}

TEST(Trainer, TensorsThatDoNotFitAreNamed) {
  const auto trainer = MakeTrainer(TrainedConfig());
  std::vector<NamedTensor> model = trainer->ModelTensors();
  const std::vector<NamedTensor> optimizer = trainer->OptimizerTensors();
  ASSERT_EQ(model[0].name, "trunk0.weight");
  model[0].shape = {1};
  const absl::Status shape = trainer->Restore(model, optimizer);
  EXPECT_EQ(shape.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(shape.message()), HasSubstr("trunk0.weight"));
}

// A resume with another optimizer failed, and so did every plain one after it.
TEST(Trainer, WhatAnotherOptimizerHasNotLeftStartsAnew) {
  const auto before = MakeTrainer(TrainedConfig());
  TrainOn(*before, 1, 2, 4);
  RunConfig config = TrainedConfig();
  config.mutable_optimizer()->set_name("adam");
  const auto trainer = MakeTrainer(config);
  ASSERT_TRUE(trainer->Restore(before->ModelTensors(), before->OptimizerTensors()).ok());
  EXPECT_EQ(Values(*trainer), Values(*before));
  TrainOn(*trainer, 10, 2, 4);
}

TEST(Trainer, SaysWhatItTrainsOn) {
  const auto trainer = MakeTrainer(TrainedConfig());
  EXPECT_EQ(trainer->unroll_spec().T, 6);
  EXPECT_EQ(trainer->unroll_spec().observation.shape, (std::vector<int64_t>{4}));
  EXPECT_EQ(trainer->unroll_spec().action.n, 3);
  EXPECT_EQ(trainer->unroll_spec().state_size, 0);
  EXPECT_EQ(trainer->parameters(), 4 * 16 + 16 + 16 * 4 + 4);
  EXPECT_EQ(trainer->Snapshot(9, 0).version, 9u);
  EXPECT_EQ(trainer->Snapshot(9, 0).layout, trainer->layout());
}

absl::Status Refusal(void (*spoil)(RunConfig&), const EnvSpec& env = TrainedEnv()) {
  RunConfig config = TrainedConfig();
  spoil(config);
  return Trainer::Create({config, env, 1}).status();
}

TEST(Trainer, WhatItCannotBuildIsNamed) {
  const absl::Status optimizer =
      Refusal([](RunConfig& c) { c.mutable_optimizer()->set_name("addam"); });
  EXPECT_EQ(optimizer.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(optimizer.message()), HasSubstr("adam"));
  const absl::Status algorithm =
      Refusal([](RunConfig& c) { c.mutable_algorithm()->set_name("a2d"); });
  EXPECT_EQ(algorithm.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(algorithm.message()), HasSubstr("a2c"));
  const absl::Status network = Refusal([](RunConfig& c) { c.mutable_network()->set_name("cnn"); });
  EXPECT_EQ(network.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(network.message()), HasSubstr("network.name"));
  for (auto* spoil : {+[](RunConfig& c) { c.set_device("gpu"); },
                      +[](RunConfig& c) { c.set_device("cuda:99"); }}) {
    const absl::Status device = Refusal(spoil);
    EXPECT_EQ(device.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(device.message()), HasSubstr("device"));
  }
  EnvSpec continuous = TrainedEnv();
  continuous.action.kind = ActionSpec::Kind::kContinuous;
  EXPECT_EQ(Refusal([](RunConfig&) {}, continuous).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nyala
