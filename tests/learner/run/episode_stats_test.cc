#include "learner/run/episode_stats.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/random.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(EpisodeStatsTest, BeforeTheFirstEpisodeThereIsNoMean) {
  const EpisodeStats stats;
  EXPECT_TRUE(std::isnan(stats.mean_return()));
  EXPECT_TRUE(std::isnan(stats.mean_length()));
  EXPECT_TRUE(std::isnan(stats.best_mean_return()));
  EXPECT_FALSE(stats.full());
}

TEST(EpisodeStatsTest, TheBestNeedsAHundredEpisodes) {
  EpisodeStats stats;
  for (int i = 0; i < 99; ++i) stats.Add(10, 5);
  EXPECT_EQ(stats.mean_return(), 10);
  EXPECT_EQ(stats.mean_length(), 5);
  EXPECT_TRUE(std::isnan(stats.best_mean_return()));
  stats.Add(110, 5);
  EXPECT_TRUE(stats.full());
  EXPECT_EQ(stats.best_mean_return(), 11);
  for (int i = 0; i < 100; ++i) stats.Add(0, 5);
  EXPECT_EQ(stats.mean_return(), 0);
  EXPECT_EQ(stats.best_mean_return(), 11);
}

TEST(EpisodeStatsTest, AgreesWithTheLastHundredOfAList) {
  RandomSequence random(3);
  EpisodeStats stats;
  std::vector<double> returns;
  double best = -1e9;
  for (int i = 0; i < 350; ++i) {
    returns.push_back(random.Uniform(-5, 5));
    stats.Add(returns.back(), 1);
    double sum = 0;
    const size_t first = returns.size() < 100 ? 0 : returns.size() - 100;
    for (size_t k = first; k < returns.size(); ++k) sum += returns[k];
    const double mean = sum / static_cast<double>(returns.size() - first);
    EXPECT_DOUBLE_EQ(stats.mean_return(), mean);
    if (returns.size() < 100) continue;
    best = std::max(best, mean);
    EXPECT_DOUBLE_EQ(stats.best_mean_return(), best);
  }
  EXPECT_EQ(stats.episodes(), 350u);
}

// For every count, so that the ring is cut at every place.
TEST(EpisodeStatsTest, RestoredItGoesOnBitByBit) {
  RandomSequence random(4);
  EpisodeStats stats;
  for (int i = 0; i < 230; ++i) {
    EpisodeStats restored;
    ASSERT_TRUE(restored.Restore(stats.Recent(), stats.episodes(), stats.best_mean_return()));
    const double episode_return = random.Uniform(-5, 5);
    stats.Add(episode_return, 7);
    restored.Add(episode_return, 7);
    EXPECT_EQ(restored.mean_return(), stats.mean_return());
    EXPECT_EQ(restored.mean_length(), stats.mean_length());
    EXPECT_EQ(restored.episodes(), stats.episodes());
    EXPECT_EQ(std::isnan(restored.best_mean_return()), !stats.full());
    if (!stats.full()) continue;
    EXPECT_EQ(restored.best_mean_return(), stats.best_mean_return());
  }
}

TEST(EpisodeStatsTest, WhatDoesNotFitIsRefused) {
  EpisodeStats stats;
  EXPECT_FALSE(stats.Restore({{1, 1}}, 2, 0));
  EXPECT_FALSE(stats.Restore({{1, 1}}, 150, 0));
  EXPECT_FALSE(stats.Restore(std::vector<EpisodeStats::Episode>(101), 101, 0));
  EXPECT_EQ(stats.episodes(), 0u);
}

}  // namespace
}  // namespace nyala
