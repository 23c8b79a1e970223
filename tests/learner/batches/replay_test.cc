#include "learner/batches/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "common/base/thread.h"
#include "common/rl/episode_rows.h"
#include "learner/batches/async_assembler.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

std::shared_ptr<Replay> MakeReplay(int64_t new_columns, int64_t capacity, uint64_t seed = 1) {
  Replay::Options options;
  options.new_columns = new_columns;
  options.capacity = capacity;
  options.seed = seed;
  auto replay = Replay::Create(AdmittedSpec(1), options);
  EXPECT_TRUE(replay.ok()) << replay.status();
  return *std::move(replay);
}

// The unroll of one column whose version is its number.
Unroll Numbered(uint64_t version) { return AdmittedUnroll(1, version, 0, 0, version); }

// A slab with new columns of versions first, first + 1, ..., completed by `replay`.
std::unique_ptr<Slab> Batch(Replay& replay, int64_t columns, uint64_t first) {
  auto slab = std::make_unique<Slab>(AdmittedSpec(1), columns, 2);
  replay.Open(slab.get());
  for (int64_t i = 0; i < columns - slab->replayed_columns; ++i) {
    const Unroll unroll = Numbered(first + i);
    slab->CopyColumns(unroll.view(), 0, 1, i);
    slab->parts.push_back({0, 0, first + i, 1, ""});
  }
  replay.Complete(slab.get());
  return slab;
}

TEST(Replay, UntilSomethingWasTrainedOnAllColumnsAreNew) {
  auto replay = MakeReplay(2, 100);
  const auto first = Batch(*replay, 6, 1);
  EXPECT_EQ(first->replayed_columns, 0);
  EXPECT_EQ(first->replayed_frames, 0u);
  EXPECT_TRUE(first->replayed_versions.empty());
  EXPECT_EQ(replay->columns(), 6);
  const auto second = Batch(*replay, 6, 7);
  EXPECT_EQ(second->replayed_columns, 4);
  EXPECT_EQ(replay->columns(), 8);
}

TEST(Replay, AReplayedColumnIsTheOriginalByteForByte) {
  auto replay = MakeReplay(2, 100);
  Batch(*replay, 6, 1);
  for (uint64_t batch = 0; batch < 20; ++batch) {
    const auto slab = Batch(*replay, 6, 7 + 2 * batch);
    ASSERT_EQ(slab->replayed_versions.size(), 4u);
    uint64_t frames = 0;
    for (int64_t i = 0; i < 4; ++i) {
      const uint64_t version = slab->replayed_versions[i];
      // Drawn from an earlier batch, not from its own.
      EXPECT_LT(version, 7 + 2 * batch);
      const Unroll original = Numbered(version);
      EXPECT_TRUE(HoldsColumn(*slab, 2 + i, original, 0)) << version;
      frames += std::count_if(original.flags.begin(), original.flags.end(), RowIsFrame);
    }
    EXPECT_EQ(slab->replayed_frames, frames);
    EXPECT_TRUE(HoldsColumn(*slab, 0, Numbered(7 + 2 * batch), 0));
  }
}

TEST(Replay, KeepsTheNewestColumns) {
  auto replay = MakeReplay(1, 5);
  for (uint64_t version = 1; version <= 40; version += version == 1 ? 4 : 1) {
    const auto slab = Batch(*replay, 4, version);
    for (const uint64_t drawn : slab->replayed_versions) {
      EXPECT_GE(drawn + 5, version);
      EXPECT_LT(drawn, version);
    }
  }
  EXPECT_EQ(replay->columns(), 5);
}

TEST(Replay, DrawsUniformly) {
  constexpr int64_t kKept = 8, kDraws = 4000;
  auto replay = MakeReplay(1, kKept);
  for (uint64_t version = 1; version <= kKept; ++version) Batch(*replay, 1, version);
  const auto slab = Batch(*replay, kDraws + 1, 99);
  std::map<uint64_t, int64_t> times;
  for (const uint64_t version : slab->replayed_versions) ++times[version];
  ASSERT_EQ(times.size(), static_cast<size_t>(kKept));
  // Five standard deviations of a binomial around 500 are 105.
  for (const auto& [version, count] : times) EXPECT_NEAR(count, kDraws / kKept, 105) << version;
}

TEST(Replay, DrawsAreAFunctionOfSeedAndBatch) {
  const auto draws = [](uint64_t seed) {
    auto replay = MakeReplay(8, 100, seed);
    Batch(*replay, 24, 1);
    std::vector<std::vector<uint64_t>> drawn;
    for (uint64_t i = 0; i < 2; ++i) drawn.push_back(Batch(*replay, 24, 30)->replayed_versions);
    return drawn;
  };
  EXPECT_EQ(draws(1), draws(1));
  EXPECT_NE(draws(1), draws(2));
  EXPECT_NE(draws(1)[0], draws(1)[1]);
}

TEST(Replay, BatchesOfTheAssemblerKeepTheirWidth) {
  AsyncAssembler::Options options;
  options.columns = 8;
  options.tiles = 3;
  options.slabs = 3;
  options.replay = MakeReplay(3, 20);
  AsyncAssembler assembler(AdmittedSpec(1), options);
  Thread producer("producer", [&] {
    for (uint64_t i = 1; assembler.Admit(AdmittedUnroll(2, i, 0, 0, i).view(), i).ok(); ++i) {
    }
  });
  // New columns come in the order of arrival, none lost and none twice.
  int64_t next = 0;
  for (int64_t batch = 0; batch < 30; ++batch) {
    Slab* slab = assembler.NextFull();
    ASSERT_EQ(slab->columns(), 8);
    const int64_t fresh = 8 - slab->replayed_columns;
    // Slabs that were opened before the first was trained on are all new.
    if (batch == 0) {
      EXPECT_EQ(fresh, 8);
    } else if (batch >= options.slabs) {
      EXPECT_EQ(fresh, 3);
    }
    int64_t columns = 0;
    for (const SlabPart& part : slab->parts) columns += part.columns;
    EXPECT_EQ(columns, fresh);
    for (int64_t i = 0; i < fresh; ++i, ++next) {
      EXPECT_TRUE(HoldsColumn(*slab, i, AdmittedUnroll(2, 1 + next / 2), next % 2));
    }
    for (int64_t i = fresh; i < 8; ++i) {
      const Unroll original = AdmittedUnroll(2, slab->replayed_versions[i - fresh]);
      EXPECT_TRUE(HoldsColumn(*slab, i, original, 0) || HoldsColumn(*slab, i, original, 1));
    }
    assembler.Recycle(slab, batch + 2);
  }
  assembler.Close(absl::UnavailableError("stopping"));
}

TEST(Replay, ComesBackFromItsFile) {
  auto replay = MakeReplay(2, 7);
  for (uint64_t i = 0; i < 5; ++i) Batch(*replay, 6, 1 + 6 * i);
  const std::string file = *Collect(replay->Snapshot());
  Replay::Options options;
  options.new_columns = 2;
  options.capacity = 7;
  options.seed = 1;
  options.first_batch = 5;
  auto resumed = *Replay::Create(AdmittedSpec(1), options);
  ASSERT_EQ(resumed->Restore(file), absl::OkStatus());
  EXPECT_EQ(*Collect(resumed->Snapshot()), file);
  const auto before = Batch(*replay, 6, 50), after = Batch(*resumed, 6, 50);
  EXPECT_EQ(after->replayed_columns, 4);
  EXPECT_EQ(after->replayed_versions, before->replayed_versions);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(HoldsColumn(*after, 2 + i, Numbered(after->replayed_versions[i]), 0));
  }
}

TEST(Replay, ASnapshotStaysAsItWasAndMayBeReadWhileColumnsCome) {
  auto replay = MakeReplay(2, 7);
  for (uint64_t i = 0; i < 5; ++i) Batch(*replay, 6, 1 + 6 * i);
  const std::string file = *Collect(replay->Snapshot());
  ByteSource older = replay->Snapshot();
  {
    Thread reader("reader", [&] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(*Collect(older), file);
      older = nullptr;
    });
    // The ring is filled many times over, and so are snapshots of it.
    for (uint64_t i = 0; i < 50; ++i) {
      Batch(*replay, 6, 100 + 6 * i);
      const ByteSource newer = replay->Snapshot();
      EXPECT_NE(*Collect(newer), file);
    }
  }
  EXPECT_EQ(replay->columns(), 7);
  const auto slab = Batch(*replay, 6, 1000);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(HoldsColumn(*slab, 2 + i, Numbered(slab->replayed_versions[i]), 0));
  }
}

TEST(Replay, ASmallerRingTakesTheNewestOfAFile) {
  auto replay = MakeReplay(2, 20);
  Batch(*replay, 6, 1);
  Batch(*replay, 6, 7);
  auto smaller = MakeReplay(1, 3);
  ASSERT_EQ(smaller->Restore(*Collect(replay->Snapshot())), absl::OkStatus());
  EXPECT_EQ(smaller->columns(), 3);
  const auto slab = Batch(*smaller, 30, 50);
  for (const uint64_t version : slab->replayed_versions) {
    EXPECT_GE(version, 6u);
    EXPECT_LE(version, 8u);
  }
}

TEST(Replay, ColumnsOfAnotherShapeAreRefusedWithTheReason) {
  auto replay = MakeReplay(2, 20);
  Batch(*replay, 6, 1);
  UnrollSpec longer = AdmittedSpec(1);
  longer.T = 4;
  auto other = *Replay::Create(longer, Replay::Options());
  EXPECT_EQ(other->Restore(*Collect(replay->Snapshot())),
            absl::FailedPreconditionError(
                "the replayed columns have batch.unroll_length 3, observations of 12 bytes, "
                "actions of 4 and 2 floats of state, this run's have batch.unroll_length 4, "
                "observations of 12 bytes, actions of 4 and 2 floats of state; resume with --set "
                "checkpoint.replay=false to start with none"));
  EXPECT_EQ(other->columns(), 0);
}

TEST(Replay, DamagedFilesAreRefused) {
  auto replay = MakeReplay(2, 20);
  Batch(*replay, 3, 1);
  const std::string file = *Collect(replay->Snapshot());
  auto other = MakeReplay(2, 20);
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(other->Restore(file.substr(0, size)).code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(other->Restore(file + "x").code(), absl::StatusCode::kDataLoss);
  std::string format = file;
  format[8] = 2;
  EXPECT_EQ(
      other->Restore(format),
      absl::FailedPreconditionError("the replayed columns have format 2, this program reads 1"));
  EXPECT_EQ(other->columns(), 0);
}

TEST(Replay, MoreColumnsThanThereIsMemoryForAreRefused) {
#ifdef NYALA_SANITIZED
  GTEST_SKIP() << "the sanitizer ends the program instead of refusing";
#endif
  Replay::Options options;
  options.capacity = int64_t{1} << 50;
  const absl::Status status = Replay::Create(AdmittedSpec(1), options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(status.message().find("lower batch.replay_columns"), std::string::npos);
}

}  // namespace
}  // namespace nyala
