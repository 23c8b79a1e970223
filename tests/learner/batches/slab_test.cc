#include "learner/batches/slab.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/rl/episode_rows.h"
#include "learner/batches/batch_assembler.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

TEST(Slab, DealsColumnsEvenlyOntoContiguousTiles) {
  for (const int64_t columns : {1, 5, 7, 32}) {
    for (const int64_t tiles : {1, 2, 3, 5}) {
      Slab slab(AdmittedSpec(1), columns, tiles);
      EXPECT_EQ(slab.tiles().size(), static_cast<size_t>(std::min(columns, tiles)));
      int64_t next = 0;
      for (const Tile& tile : slab.tiles()) {
        EXPECT_EQ(tile.first_column, next);
        EXPECT_GE(tile.columns, columns / tiles);
        EXPECT_LE(tile.columns, columns / tiles + 1);
        EXPECT_EQ(tile.rewards.size(), static_cast<size_t>(3 * tile.columns));
        EXPECT_EQ(tile.observations.size(), static_cast<size_t>(4 * tile.columns * 12));
        next += tile.columns;
      }
      EXPECT_EQ(next, columns);
    }
  }
}

TEST(Slab, CopiesAnyColumnsAcrossTileBoundaries) {
  constexpr int64_t kColumns = 9;
  for (const int64_t tiles : {1, 2, 4, 9}) {
    for (const int64_t E : {1, 3, 9}) {
      for (int64_t to = 0; to + E <= kColumns; ++to) {
        Slab slab(AdmittedSpec(1), kColumns, tiles);
        slab.MaskColumns(0, kColumns);
        const Unroll unroll = AdmittedUnroll(E, 10 * to + E);
        slab.CopyColumns(unroll.view(), 0, E, to);
        for (int64_t column = 0; column < kColumns; ++column) {
          if (column >= to && column < to + E) {
            EXPECT_TRUE(HoldsColumn(slab, column, unroll, column - to));
          } else {
            EXPECT_TRUE(IsMasked(slab, column));
          }
        }
      }
    }
  }
}

TEST(Slab, ReadsAColumnOut) {
  Slab slab(AdmittedSpec(1), 5, 2);
  const Unroll unroll = AdmittedUnroll(5, 1);
  slab.CopyColumns(unroll.view(), 0, 5, 0);
  for (int64_t column = 0; column < 5; ++column) {
    Unroll out(AdmittedSpec(1));
    RowsMemory memory;
    ForEachArray(
        out.spec, [](const ArrayInfo&, auto& array, auto& lent) { lent = absl::MakeSpan(array); },
        out, memory);
    slab.ReadColumn(column, memory);
    Slab copy(AdmittedSpec(1), 1, 1);
    copy.CopyColumns(out.view(), 0, 1, 0);
    EXPECT_TRUE(HoldsColumn(copy, 0, unroll, column));
  }
}

TEST(Slab, TakesAnotherShapeAndUnrollsOfFewerRows) {
  Slab slab(AdmittedSpec(1), 2, 1);
  const Unroll unroll = AdmittedUnroll(5, 1);
  slab.Reshape(7, 5, 2);
  EXPECT_EQ(slab.T(), 7);
  EXPECT_EQ(slab.columns(), 5);
  ASSERT_EQ(slab.tiles().size(), 2u);
  slab.MaskColumns(0, 5);
  slab.CopyColumns(unroll.view(), 0, 5, 0);
  for (int64_t column = 0; column < 5; ++column)
    EXPECT_TRUE(HoldsColumn(slab, column, unroll, column));
  const Tile& tile = slab.tiles()[1];
  EXPECT_EQ(tile.flags.size(), 7u * 3);
  for (size_t i = 3 * 3; i < tile.flags.size(); ++i) EXPECT_EQ(tile.flags[i], kRowFinal);
  slab.Reshape(3, 5, 2);
  slab.CopyColumns(unroll.view(), 0, 5, 0);
  for (int64_t column = 0; column < 5; ++column)
    EXPECT_TRUE(HoldsColumn(slab, column, unroll, column));
}

TEST(Slab, CopiesSomeOfAnUnrollsColumns) {
  Slab slab(AdmittedSpec(1), 5, 2);
  const Unroll unroll = AdmittedUnroll(6, 1);
  slab.CopyColumns(unroll.view(), 4, 2, 0);
  slab.CopyColumns(unroll.view(), 1, 3, 2);
  EXPECT_TRUE(HoldsColumn(slab, 0, unroll, 4));
  EXPECT_TRUE(HoldsColumn(slab, 1, unroll, 5));
  EXPECT_TRUE(HoldsColumn(slab, 2, unroll, 1));
  EXPECT_TRUE(HoldsColumn(slab, 4, unroll, 3));
}

TEST(Slab, MasksColumnsAndNoOthers) {
  Slab slab(AdmittedSpec(1), 6, 3);
  const Unroll unroll = AdmittedUnroll(6, 2);
  slab.CopyColumns(unroll.view(), 0, 6, 0);
  slab.MaskColumns(1, 3);
  for (int64_t column = 0; column < 6; ++column) {
    if (column >= 1 && column < 4) {
      EXPECT_TRUE(IsMasked(slab, column));
    } else {
      EXPECT_TRUE(HoldsColumn(slab, column, unroll, column));
    }
  }
}

TEST(Slab, WorksWithoutRecurrentState) {
  UnrollSpec spec = AdmittedSpec(4);
  spec.state_size = 0;
  Slab slab(spec, 4, 2);
  slab.CopyColumns(RandomUnroll(spec, 1).view(), 0, 4, 0);
  slab.MaskColumns(0, 4);
  EXPECT_EQ(slab.CountFrames(), 0);
}

TEST(Slab, CountsFramesAndNotFinalRows) {
  Slab slab(AdmittedSpec(1), 8, 3);
  const Unroll unroll = RandomUnroll(AdmittedSpec(8), 3, {0.1, 0.5});
  slab.CopyColumns(unroll.view(), 0, 8, 0);
  int64_t frames = 0;
  for (const uint8_t flags : unroll.flags) frames += RowIsFrame(flags) ? 1 : 0;
  ASSERT_LT(frames, 24);
  EXPECT_EQ(slab.CountFrames(), frames);
  slab.MaskColumns(0, 8);
  EXPECT_EQ(slab.CountFrames(), 0);
}

TEST(ChooseTiles, GivesEveryShardAsManyTilesOfAboutTheWantedRows) {
  EXPECT_EQ(ChooseTiles(32, 20, 1, 1024), 1);
  EXPECT_EQ(ChooseTiles(32, 20, 2, 1024), 2);
  EXPECT_EQ(ChooseTiles(512, 20, 2, 1024), 10);
  EXPECT_EQ(ChooseTiles(512, 20, 1, 1024), 10);
  EXPECT_EQ(ChooseTiles(3, 20, 8, 1024), 3);
  EXPECT_EQ(ChooseTiles(4, 1, 1, 1), 4);
}

}  // namespace
}  // namespace nyala
