#include "learner/training/minibatch_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nyala {
namespace {

using Indices = std::vector<int64_t>;

Indices Sorted(Indices indices) {
  std::sort(indices.begin(), indices.end());
  return indices;
}

// All parts one after another.
Indices WholePass(const MinibatchPlan& plan) {
  Indices all;
  for (size_t part = 0; part < plan.parts(); ++part) {
    const Indices of_part = plan.Part(part);
    all.insert(all.end(), of_part.begin(), of_part.end());
  }
  return all;
}

MinibatchPlan::Options OfTiles(size_t tiles, size_t parts) {
  MinibatchPlan::Options options;
  options.tiles = tiles;
  options.parts = parts;
  return options;
}

TEST(MinibatchPlan, OnePartIsTheBatchAsItIs) {
  MinibatchPlan plan(OfTiles(4, 1));
  plan.Begin(0);
  EXPECT_EQ(plan.Part(0), (Indices{0, 1, 2, 3}));
}

TEST(MinibatchPlan, EachPassTakesEachTileOnceInAnOrderOfItsOwn) {
  MinibatchPlan plan(OfTiles(12, 5));
  EXPECT_EQ(plan.parts(), 5u);
  std::vector<Indices> passes;
  for (int pass = 0; pass < 3; ++pass) {
    plan.Begin(pass);
    for (size_t part = 0; part < 5; ++part) EXPECT_GE(plan.Part(part).size(), 2u);
    passes.push_back(WholePass(plan));
    EXPECT_EQ(Sorted(passes.back()), (Indices{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  }
  EXPECT_NE(passes[0], passes[1]);
  EXPECT_NE(passes[1], passes[2]);
}

TEST(MinibatchPlan, IsAFunctionOfSeedAndFrames) {
  const auto pass_of = [](uint64_t seed, uint64_t frames_before) {
    MinibatchPlan::Options options = OfTiles(12, 3);
    options.seed = seed;
    options.frames_before = frames_before;
    MinibatchPlan plan(options);
    plan.Begin(0);
    return WholePass(plan);
  };
  EXPECT_EQ(pass_of(1, 100), pass_of(1, 100));
  EXPECT_NE(pass_of(1, 100), pass_of(2, 100));
  EXPECT_NE(pass_of(1, 100), pass_of(1, 101));
}

TEST(MinibatchPlan, ThereAreNoMorePartsThanTiles) {
  EXPECT_EQ(MinibatchPlan(OfTiles(3, 8)).parts(), 3u);
}

TEST(MinibatchPlan, RowsAreDealtOntoNewTilesForEachShardOfEachPart) {
  MinibatchPlan::Options options = OfTiles(2, 4);
  options.rows = 1000;
  options.tile_rows = 100;
  options.shards = 2;
  MinibatchPlan plan(options);
  EXPECT_EQ(plan.tiles(), 16u);  // 2 rounds of 4 parts x 2 shards: of 62.5 rows
  plan.Begin(0);
  EXPECT_EQ(WholePass(plan).size(), 16u);
  const Indices order = plan.rows();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  const Indices sorted = Sorted(order);
  for (int64_t row = 0; row < 1000; ++row) ASSERT_EQ(sorted[row], row);
  plan.Begin(1);
  EXPECT_NE(plan.rows(), order);
}

TEST(MinibatchPlan, FewRowsMakeFewTiles) {
  MinibatchPlan::Options options = OfTiles(2, 4);
  options.rows = 3;
  options.tile_rows = 100;
  options.shards = 2;
  const MinibatchPlan plan(options);
  EXPECT_EQ(plan.parts(), 3u);
  EXPECT_EQ(plan.tiles(), 3u);
}

}  // namespace
}  // namespace nyala
