#include "common/rl/episode_rows.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

TEST(EpisodeRows, ATruncatedFrameKeepsItsDiscountAndItsFinalRowHasNone) {
  EXPECT_EQ(RowDiscount(0, 0.9f), 0.9f);
  EXPECT_EQ(RowDiscount(kRowFirst, 0.9f), 0.9f);
  EXPECT_EQ(RowDiscount(kRowTruncated, 0.9f), 0.9f);
  EXPECT_EQ(RowDiscount(kRowTerminated, 0.9f), 0.0f);
  EXPECT_EQ(RowDiscount(kRowFinal, 0.9f), 0.0f);
}

TEST(EpisodeRows, OnlyTheFinalRowIsNoFrame) {
  EXPECT_TRUE(RowIsFrame(0));
  EXPECT_TRUE(RowIsFrame(kRowFirst | kRowTerminated));
  EXPECT_TRUE(RowIsFrame(kRowTruncated));
  EXPECT_FALSE(RowIsFrame(kRowFinal));
}

TEST(EpisodeRows, EpisodesStartAfterATerminationAndAfterAFinalRow) {
  EXPECT_TRUE(NextRowIsFirst(kRowTerminated));
  EXPECT_TRUE(NextRowIsFirst(kRowFinal));
  EXPECT_FALSE(NextRowIsFirst(kRowTruncated));
  EXPECT_FALSE(NextRowIsFirst(kRowFirst));
}

TEST(EpisodeRows, ImpossibleBitsAreKnown) {
  EXPECT_TRUE(RowFlagsValid(kRowFirst | kRowTruncated));
  EXPECT_TRUE(RowFlagsValid(kRowFinal));
  EXPECT_FALSE(RowFlagsValid(kRowTerminated | kRowTruncated));
  EXPECT_FALSE(RowFlagsValid(kRowFinal | kRowFirst));
  EXPECT_FALSE(RowFlagsValid(kRowFinal | kRowTerminated));
  EXPECT_FALSE(RowFlagsValid(16));
}

TEST(EpisodeRows, RowsFollowEachOther) {
  EXPECT_TRUE(RowFollows(0, kRowTerminated));
  EXPECT_TRUE(RowFollows(kRowTerminated, kRowFirst));
  EXPECT_TRUE(RowFollows(kRowTruncated, kRowFinal));
  EXPECT_TRUE(RowFollows(kRowFinal, kRowFirst));
  EXPECT_FALSE(RowFollows(0, kRowFirst));
  EXPECT_FALSE(RowFollows(kRowTerminated, 0));
  EXPECT_FALSE(RowFollows(kRowTruncated, kRowFirst));
  EXPECT_FALSE(RowFollows(0, kRowFinal));
  EXPECT_FALSE(RowFollows(kRowFinal, kRowFinal));
}

}  // namespace
}  // namespace nyala
