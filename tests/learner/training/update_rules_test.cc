// The trainer beyond one step a batch: APPO's epochs and target network, gradients of actors,
// running scales, and all of it across a checkpoint.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "common/nn/optimizer/optimizer.h"
#include "common/nn/shard.h"
#include "common/rl/episode_rows.h"
#include "learner/training/reward_scale.h"
#include "tests/learner/training/trainer_problem.h"

namespace nyala {
namespace {

std::vector<float> Values(const Trainer& trainer) { return trainer.Snapshot(1, 0).values; }

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max<double>(largest, std::abs(a[i] - b[i]));
  return largest;
}

RunConfig AppoConfig(int epochs, int minibatches, int target_period) {
  RunConfig config = TrainedConfig();
  AlgorithmConfig* algorithm = config.mutable_algorithm();
  algorithm->set_name("appo");
  algorithm->set_epochs(epochs);
  algorithm->set_minibatches(minibatches);
  algorithm->set_target_period(target_period);
  return config;
}

TEST(Appo, OnePassOverTheWholeBatchIsImpala) {
  for (const int shards : {1, 3}) {
    const auto appo = MakeTrainer(AppoConfig(1, 1, 1), shards);
    const auto reference = MakeTrainer(TrainedConfig());
    TrainOn(*reference, 1, 3, 4);
    TrainOn(*appo, 1, 3, 4);
    EXPECT_LT(LargestDifference(Values(*reference), Values(*appo)), 1e-5);
  }
}

// That a batch teaches `config` something else than `reference`, by `least`, with any shards alike.
void ExpectOthersWhateverTheShards(const RunConfig& config, const RunConfig& reference,
                                   double least) {
  const auto other = MakeTrainer(reference);
  TrainOn(*other, 1, 1, 12);
  std::vector<float> one_shard;
  for (const int shards : {1, 2, 3}) {
    const auto trainer = MakeTrainer(config, shards);
    TrainOn(*trainer, 1, 1, 12);
    EXPECT_GT(LargestDifference(Values(*other), Values(*trainer)), least);
    if (one_shard.empty()) one_shard = Values(*trainer);
    EXPECT_LT(LargestDifference(one_shard, Values(*trainer)), 1e-5);
  }
}

TEST(Appo, EachEpochAndMinibatchIsAStepAndShardsDoNotMatter) {
  ExpectOthersWhateverTheShards(AppoConfig(3, 2, 1), AppoConfig(1, 1, 1), 1e-3);
}

TEST(Appo, ShuffledFramesAreOtherMinibatchesWhateverTheShards) {
  RunConfig shuffled = AppoConfig(3, 2, 1);
  shuffled.mutable_algorithm()->set_shuffle_frames(true);
  ExpectOthersWhateverTheShards(shuffled, AppoConfig(3, 2, 1), 1e-4);
}

TEST(Appo, FramesAreDealtOntoAnyNumberOfMinibatchesAndTiles) {
  RunConfig config = AppoConfig(2, 5, 1);
  config.mutable_algorithm()->set_shuffle_frames(true);
  const auto whole = MakeTrainer(config, 2);
  TrainOn(*whole, 1, 1, 3);
  // The same minibatches in smaller tiles.
  config.mutable_batch()->set_tile_rows(3);
  const auto tiled = MakeTrainer(config, 2);
  TrainOn(*tiled, 1, 1, 3);
  EXPECT_LT(LargestDifference(Values(*whole), Values(*tiled)), 1e-5);
  // Minibatches of at most one frame each, where there are more of them than frames.
  config.mutable_algorithm()->set_minibatches(1000);
  const auto single = MakeTrainer(config, 3);
  TrainOn(*single, 1, 1);
  EXPECT_GT(LargestDifference(Values(*whole), Values(*single)), 1e-3);
}

TEST(Appo, APartWithoutFramesIsNoStep) {
  RunConfig config = AppoConfig(1, kTrainedColumns, 1);
  const auto trainer = MakeTrainer(config);
  // Momentum, that a step without a gradient would go on with.
  TrainOn(*trainer, 1, 1, kTrainedColumns);
  const std::vector<float> before = Values(*trainer);
  const auto slab = RandomSlab(*trainer, 2, kTrainedColumns);
  slab->MaskColumns(0, kTrainedColumns);
  ASSERT_TRUE(trainer->Step(*slab, 0).ok());
  EXPECT_EQ(Values(*trainer), before);
}

TEST(Appo, DoesNotShuffleFramesOfANetworkThatRemembers) {
  RunConfig config = AppoConfig(1, 2, 1);
  config.mutable_algorithm()->set_shuffle_frames(true);
  config.mutable_network()->set_core("lstm");
  const auto trainer = Trainer::Create({config, TrainedEnv(), 1});
  ASSERT_EQ(trainer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(trainer.status().message(),
            "algorithm.shuffle_frames is true but the network remembers (a recurrent core, a stack "
            "of frames), so its frames cannot be learnt from out of their order; set "
            "algorithm.shuffle_frames=false");
}

// The same passes by hand: targets once, then a step for each part.
TEST(Appo, RepeatedEpochsLearnFromTargetsThatStay) {
  RunConfig config = AppoConfig(2, 1, 1);
  config.mutable_optimizer()->set_name("rmsprop");
  const auto trainer = MakeTrainer(config);
  const auto distribution = *MakeDistribution(config.policy(), TrainedEnv().action);
  const auto algorithm = *Algorithms().Create("appo", config.algorithm());
  auto network = *MakeNetwork(config.network(), TrainedEnv(), HeadOf(*distribution), config.seed());
  auto flat = std::make_unique<FlatParameters>(*network);
  const torch::Tensor values = flat->values();
  const auto optimizer = *Optimizers().Create("rmsprop", config.optimizer(), values);
  Shard shard(std::move(network), std::move(flat), algorithm.get(), distribution.get());
  const auto slab = RandomSlab(*trainer, 3);
  const Batch batch = MakeBatch(slab->spec(), slab->tiles()[0].columns, slab->tiles()[0],
                                config.algorithm(), 1.0, torch::kCPU);
  const Targets targets = shard.ComputeTargets(batch);
  for (int epoch = 0; epoch < 2; ++epoch) {
    shard.flat().gradients().zero_();
    shard.Accumulate(batch, SettingsFor(config, 0, 0), &targets);
    torch::NoGradGuard no_grad;
    ClipGlobalNorm(shard.flat().gradients(), config.optimizer().clip_norm());
    optimizer->Step(values, shard.flat().gradients(), config.optimizer().learning_rate());
  }
  ASSERT_TRUE(trainer->Step(*slab, 0).ok());
  const std::vector<float> by_hand(values.data_ptr<float>(),
                                   values.data_ptr<float>() + values.numel());
  EXPECT_LT(LargestDifference(by_hand, Values(*trainer)), 1e-6);
}

TEST(Appo, ATargetNetworkIsRenewedEveryPeriod) {
  const auto newest = MakeTrainer(AppoConfig(1, 1, 1));
  const auto old = MakeTrainer(AppoConfig(1, 1, 3));
  // The first batch finds the target network as new as it can be.
  TrainOn(*newest, 1, 1);
  TrainOn(*old, 1, 1);
  EXPECT_EQ(Values(*newest), Values(*old));
  TrainOn(*newest, 2, 1);
  TrainOn(*old, 2, 1);
  EXPECT_GT(LargestDifference(Values(*newest), Values(*old)), 1e-6);
}

// A trainer that was restored goes on bit by bit with what its algorithm remembers.
void ExpectRestorable(RunConfig config) {
  const auto trainer = MakeTrainer(config);
  TrainOn(*trainer, 1, 4, 4);
  config.set_seed(77);
  const auto restored = MakeTrainer(config);
  TrainOn(*restored, 50, 1, 4);
  const absl::Status status =
      restored->Restore(trainer->ModelTensors(), trainer->OptimizerTensors());
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(Values(*trainer), Values(*restored));
  TrainOn(*trainer, 10, 4, 4);
  TrainOn(*restored, 10, 4, 4);
  EXPECT_EQ(Values(*trainer), Values(*restored));
}

TEST(Restoring, CoversTheTargetNetworkAndItsAge) { ExpectRestorable(AppoConfig(1, 1, 3)); }

TEST(Restoring, CoversTheAverageOfReturns) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_name("reinforce");
  config.mutable_algorithm()->set_baseline("average");
  ExpectRestorable(config);
}

TEST(Restoring, CoversTheScaleOfRewards) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_normalize_rewards(true);
  ExpectRestorable(config);
}

TEST(Restoring, CoversTheObservationsStatistics) {
  RunConfig config = TrainedConfig();
  config.mutable_network()->set_normalize_observations(true);
  ExpectRestorable(config);
}

TEST(ObservationStatistics, AreOfEveryFrameWhateverTheTilesAndShards) {
  RunConfig config = TrainedConfig();
  config.mutable_network()->set_normalize_observations(true);
  const auto one = MakeTrainer(config);
  const auto other = MakeTrainer(config, 3);
  const auto statistics = [](const Trainer& trainer) {
    std::vector<float> found;
    for (const NamedTensor& tensor : trainer.ModelTensors()) {
      if (tensor.name.rfind("observation_", 0) != 0) continue;
      found.insert(found.end(), tensor.values.begin(), tensor.values.end());
    }
    return found;
  };
  const std::vector<float> before = statistics(*one);
  TrainOn(*one, 1, 3);
  TrainOn(*other, 1, 3, 5);
  ASSERT_EQ(before.size(), 4u + 4u + 1u);
  EXPECT_GT(LargestDifference(before, statistics(*one)), 1);  // the count, at least
  EXPECT_LT(LargestDifference(statistics(*one), statistics(*other)), 1e-5);
}

// The learner's own step and that on what an actor computed from the same columns.
void ExpectSameStep(RunConfig config) {
  config.mutable_algorithm()->set_name("a2c");
  const auto own = MakeTrainer(config);
  const auto slab = RandomSlab(*own, 5);
  const auto distribution = *MakeDistribution(config.policy(), TrainedEnv().action);
  const auto algorithm = *Algorithms().Create("a3c", config.algorithm());
  auto network = *MakeNetwork(config.network(), TrainedEnv(), HeadOf(*distribution), config.seed());
  auto flat = std::make_unique<FlatParameters>(*network);
  Shard shard(std::move(network), std::move(flat), algorithm.get(), distribution.get());
  const Batch batch = MakeBatch(slab->spec(), slab->tiles()[0].columns, slab->tiles()[0],
                                config.algorithm(), 1.0, torch::kCPU);
  const auto frames = static_cast<uint64_t>(slab->CountFrames());
  Moments moments;
  if (config.network().normalize_observations()) moments = MomentsOf(batch);
  shard.Accumulate(batch, SettingsFor(config, frames, 0));
  const ShardSums sums = shard.TakeSums();

  config.mutable_algorithm()->set_name("a3c");
  const auto theirs = MakeTrainer(config);
  Slab sent(theirs->unroll_spec(), 0, 1);
  const torch::Tensor gradient = shard.flat().gradients();
  sent.gradient.assign(gradient.data_ptr<float>(), gradient.data_ptr<float>() + gradient.numel());
  AppendTo(moments, &sent.gradient);
  EXPECT_EQ(static_cast<int64_t>(sent.gradient.size()), theirs->gradient_values());
  sent.facts = {theirs->layout(), frames, sums.policy, sums.baseline, sums.entropy, sums.total};
  const auto own_stats = own->Step(*slab, 0);
  const auto their_stats = theirs->Step(sent, 0);
  ASSERT_TRUE(own_stats.ok() && their_stats.ok());
  EXPECT_LT(LargestDifference(Values(*own), Values(*theirs)), 1e-6);
  EXPECT_EQ(own_stats->frames, their_stats->frames);
  EXPECT_NEAR(own_stats->entropy, their_stats->entropy, 1e-6);
  EXPECT_NEAR(own_stats->total_loss, their_stats->total_loss, 1e-4);
  EXPECT_NEAR(own_stats->gradient_norm, their_stats->gradient_norm, 1e-5);
}

TEST(ActorGradients, AreAppliedAsTheLearnersOwn) {
  RunConfig config = TrainedConfig();
  ExpectSameStep(config);
  config.mutable_network()->set_normalize_observations(true);
  ExpectSameStep(config);
}

TEST(RewardScale, IsTheDeviationOfDiscountedSums) {
  const auto trainer = MakeTrainer(TrainedConfig());
  RewardScale scale(0.9);
  EXPECT_EQ(scale.factor(), 1.0);
  double sum = 0, squares = 0, count = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto slab = RandomSlab(*trainer, seed, 3);
    scale.Update(*slab);
    for (const Tile& tile : slab->tiles()) {
      for (int64_t b = 0; b < tile.columns; ++b) {
        double running = 0;
        for (int64_t t = 0; t < slab->T(); ++t) {
          const int64_t i = t * tile.columns + b;
          if ((tile.flags[i] & kRowFinal) != 0) continue;
          running = tile.rewards[i] + ((tile.flags[i] & kRowFirst) != 0 ? 0.0 : 0.9 * running);
          sum += running;
          squares += running * running;
          count += 1;
        }
      }
    }
  }
  const double variance = squares / count - sum / count * (sum / count);
  EXPECT_NEAR(scale.factor(), 1 / std::sqrt(variance), 1e-4);
}

TEST(RewardScale, MakesTheUnitOfRewardsMatterLittle) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_normalize_rewards(true);
  const auto small = MakeTrainer(config);
  const auto large = MakeTrainer(config);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto slab = RandomSlab(*small, seed);
    ASSERT_TRUE(small->Step(*slab, 0).ok());
    for (float& reward : slab->tiles()[0].rewards) reward *= 1000;
    ASSERT_TRUE(large->Step(*slab, 0).ok());
  }
  EXPECT_LT(LargestDifference(Values(*small), Values(*large)), 1e-4);
}

}  // namespace
}  // namespace nyala
