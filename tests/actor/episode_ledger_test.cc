#include "actor/episode_ledger.h"

#include <gtest/gtest.h>

#include "common/base/random.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

EpisodeLedger TwoColumns(uint64_t limit = 0) {
  VectorEnvOptions options;
  options.id = "Any-v0";
  options.E = 2;
  options.seed = 7;
  options.first_environment = 40;
  options.first_episode = 3;
  options.max_episode_frames = limit;
  return EpisodeLedger(options);
}

struct Row {
  uint8_t flags = 0, next_flags = 0xff;
  std::vector<EpisodeEnd> ends;
};

TEST(EpisodeLedger, SeedsAreKeyedByEnvironmentAndEpisode) {
  EpisodeLedger ledger = TwoColumns();
  EXPECT_EQ(ledger.SeedOfNext(1), RandomBits(7, 41, 3, RandomPurpose::kEpisodeSeed));
  const uint64_t next = ledger.SeedOfNext(1);
  ledger.Begin(1);
  EXPECT_EQ(ledger.SeedOfThis(1), next);
  EXPECT_EQ(ledger.SeedOfNext(1), RandomBits(7, 41, 4, RandomPurpose::kEpisodeSeed));
  EXPECT_EQ(ledger.progress(0).next_episode, 3u);
}

TEST(EpisodeLedger, SumsUpAnEpisodeAndFlagsItsRows) {
  EpisodeLedger ledger = TwoColumns();
  ledger.Begin(1);
  Row row;
  auto taken = ledger.Take(1, {1.5f, false, false}, &row.flags, &row.next_flags, &row.ends);
  ASSERT_TRUE(taken.ok());
  EXPECT_FALSE(taken->ended || taken->starts);
  EXPECT_EQ(row.flags, 0);
  EXPECT_EQ(row.next_flags, 0);
  taken = ledger.Take(1, {2, true, false}, &row.flags, &row.next_flags, &row.ends);
  EXPECT_TRUE(taken->ended && taken->starts);
  EXPECT_EQ(row.flags, kRowTerminated);
  ASSERT_EQ(row.ends.size(), 1u);
  EXPECT_EQ(row.ends[0].column, 1);
  EXPECT_EQ(row.ends[0].result.episode_return, 3.5);
  EXPECT_EQ(row.ends[0].result.length, 2u);
  EXPECT_FALSE(row.ends[0].result.truncated);
}

TEST(EpisodeLedger, CutsAtTheLimitUnlessItEndsThere) {
  EpisodeLedger ledger = TwoColumns(2);
  for (const bool terminated : {false, true}) {
    ledger.Begin(0);
    Row row;
    ASSERT_TRUE(ledger.Take(0, {}, &row.flags, &row.next_flags, &row.ends).ok());
    const auto taken =
        ledger.Take(0, {0, terminated, false}, &row.flags, &row.next_flags, &row.ends);
    EXPECT_TRUE(taken->ended);
    EXPECT_EQ(taken->starts, terminated);
    EXPECT_EQ(row.flags, terminated ? kRowTerminated : kRowTruncated);
    EXPECT_EQ(row.next_flags, terminated ? 0 : kRowFinal);
    EXPECT_EQ(row.ends.at(0).result.truncated, !terminated);
  }
}

TEST(EpisodeLedger, AStretchGoesOnWithTheEpisode) {
  EpisodeLedger ledger = TwoColumns();
  ledger.Begin(0);
  Row row;
  const auto taken =
      ledger.Take(0, {1, true, false, /*goes_on=*/true}, &row.flags, &row.next_flags, &row.ends);
  EXPECT_TRUE(taken->starts);
  EXPECT_FALSE(taken->ended);
  EXPECT_TRUE(row.ends.empty());
  EXPECT_EQ(ledger.progress(0).episode_return, 1);
}

TEST(EpisodeLedger, BothEndsAtOnceAreAFailureOfTheEnvironment) {
  EpisodeLedger ledger = TwoColumns();
  ledger.Begin(1);
  Row row;
  EXPECT_EQ(ledger.Take(1, {0, true, true}, &row.flags, &row.next_flags, &row.ends).status(),
            absl::InternalError(
                "environment 'Any-v0' (number 41): its step is both terminated and truncated"));
}

}  // namespace
}  // namespace nyala
