#include "learner/training/frame_dealer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

#include "common/nn/shard.h"
#include "tests/learner/training/trainer_problem.h"

namespace nyala {
namespace {

constexpr int64_t kT = 3, kB = 2, kTiles = 2;

// Row t of column b of tile i is called 100 i + 10 t + b in every part of it.
LearningRows NamedRows() {
  LearningRows rows;
  for (int64_t tile = 0; tile < kTiles; ++tile) {
    const torch::Tensor names =
        100 * tile + 10 * torch::arange(kT + 1).unsqueeze(1) + torch::arange(kB).unsqueeze(0);
    const torch::Tensor of_frames = names.narrow(0, 0, kT).to(torch::kFloat32);
    Batch batch;
    batch.observations = names.unsqueeze(-1).expand({kT + 1, kB, 5}).to(torch::kUInt8);
    batch.actions = names.narrow(0, 0, kT).clone();
    batch.log_mu = of_frames + 1;
    batch.rewards = of_frames + 2;
    batch.discounts = of_frames + 3;
    batch.frames = of_frames + 4;
    rows.batches.push_back(batch);
    rows.targets.push_back({of_frames + 5, of_frames + 6, of_frames + 7, of_frames + 8});
  }
  return rows;
}

TEST(FrameDealer, DealsEachRowOnceWithAllThatBelongsToIt) {
  const FrameDealer dealer(NamedRows());
  ASSERT_EQ(dealer.rows(), kTiles * kT * kB);
  const std::vector<int64_t> order = {7, 0, 11, 3, 5, 1, 10, 2, 9, 4, 8, 6};
  const LearningRows dealt = dealer.Deal(order, 5);
  ASSERT_EQ(dealt.batches.size(), 5u);
  ASSERT_EQ(dealt.targets.size(), 5u);
  std::vector<float> seen;
  for (size_t tile = 0; tile < 5; ++tile) {
    const Batch& batch = dealt.batches[tile];
    const Targets& targets = dealt.targets[tile];
    EXPECT_EQ(batch.T(), 1);
    EXPECT_TRUE(batch.B() == 2 || batch.B() == 3) << batch.B();
    const torch::Tensor names = batch.actions.to(torch::kFloat32);
    EXPECT_TRUE(batch.observations.select(-1, 4).to(torch::kFloat32).equal(names));
    EXPECT_EQ(batch.observations.sizes(), (std::vector<int64_t>{1, batch.B(), 5}));
    EXPECT_TRUE(batch.log_mu.equal(names + 1));
    EXPECT_TRUE(batch.rewards.equal(names + 2));
    EXPECT_TRUE(batch.discounts.equal(names + 3));
    EXPECT_TRUE(batch.frames.equal(names + 4));
    EXPECT_TRUE(targets.values.equal(names + 5));
    EXPECT_TRUE(targets.advantages.equal(names + 6));
    EXPECT_TRUE(targets.log_prob.equal(names + 7));
    EXPECT_TRUE(targets.weights.equal(names + 8));
    EXPECT_FALSE(batch.first.defined());
    EXPECT_FALSE(batch.initial_state.defined());
    seen.insert(seen.end(), names.data_ptr<float>(), names.data_ptr<float>() + batch.B());
  }
  // Rows lie tile by tile, in each by time.
  EXPECT_EQ(seen, (std::vector<float>{101, 0, 121, 11, 21, 1, 120, 10, 111, 20, 110, 100}));
}

TEST(FrameDealer, LeavesOutWhatAnAlgorithmDoesWithout) {
  LearningRows given = NamedRows();
  for (Targets& targets : given.targets) targets.log_prob = targets.weights = torch::Tensor();
  const LearningRows dealt = FrameDealer(given).Deal({3, 2, 1, 0, 4, 5, 6, 7, 8, 9, 10, 11}, 3);
  EXPECT_FALSE(dealt.targets[2].log_prob.defined());
  EXPECT_FALSE(dealt.targets[2].weights.defined());
  EXPECT_TRUE(dealt.targets[2].advantages.defined());
}

// What is learnt from the rows does not depend on where they lie.
TEST(FrameDealer, KeepsTheGradientOfABatch) {
  RunConfig config = TrainedConfig();
  config.mutable_algorithm()->set_name("appo");
  const auto distribution = *MakeDistribution(config.policy(), TrainedEnv().action);
  const auto algorithm = *Algorithms().Create("appo", config.algorithm());
  auto network = *MakeNetwork(config.network(), TrainedEnv(), HeadOf(*distribution), config.seed());
  auto flat = std::make_unique<FlatParameters>(*network);
  Shard shard(std::move(network), std::move(flat), algorithm.get(), distribution.get());
  const auto trainer = MakeTrainer(config);
  const auto slab = RandomSlab(*trainer, 3, 2);
  LearningRows given;
  for (Tile& tile : slab->tiles()) {
    given.batches.push_back(
        MakeBatch(slab->spec(), tile.columns, tile, config.algorithm(), 1.0, torch::kCPU));
    given.targets.push_back(shard.ComputeTargets(given.batches.back()));
  }
  const FrameDealer dealer(given);
  std::vector<int64_t> backwards(dealer.rows());
  std::iota(backwards.rbegin(), backwards.rend(), 0);
  const LearningRows dealt = dealer.Deal(backwards, 3);
  const auto gradient = [&](const LearningRows& rows) {
    shard.flat().gradients().zero_();
    for (size_t i = 0; i < rows.batches.size(); ++i) {
      shard.Accumulate(rows.batches[i], SettingsFor(config, 0, 0), &rows.targets[i]);
    }
    return shard.flat().gradients().clone();
  };
  const torch::Tensor expected = gradient(given);
  EXPECT_GT(expected.abs().max().item<float>(), 0.1);
  EXPECT_LT((expected - gradient(dealt)).abs().max().item<float>(), 1e-4);
}

}  // namespace
}  // namespace nyala
