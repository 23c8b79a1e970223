#include "learner/batches/async_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "common/base/thread.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

AsyncAssembler::Options Options(int64_t columns, int64_t slabs = 2) {
  AsyncAssembler::Options options;
  options.columns = columns;
  options.tiles = std::min<int64_t>(2, columns);
  options.slabs = slabs;
  return options;
}

void ExpectAccepted(AsyncAssembler& assembler, const Unroll& unroll) {
  const auto verdict = assembler.Admit(unroll.view(), 1);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(*verdict, UnrollVerdict::kAccepted);
}

TEST(AsyncAssembler, AnyUnrollWidthFillsAnyBatchWidth) {
  for (const int64_t B : {1, 3, 4, 10}) {
    for (const int64_t E : {1, 2, 3, 7, 12}) {
      SCOPED_TRACE(testing::Message() << "B " << B << ", E " << E);
      constexpr int64_t kBatches = 6;
      const int64_t unrolls = (kBatches * B + E - 1) / E;
      AsyncAssembler assembler(AdmittedSpec(1), Options(B));
      Thread producer("producer", [&] {
        for (int64_t i = 0; i < unrolls; ++i) {
          const auto verdict = assembler.Admit(AdmittedUnroll(E, i).view(), 1);
          if (!verdict.ok()) return;  // closed after the batches that are looked at
        }
      });
      // Column by column in the order of arrival, none lost and none twice.
      int64_t next = 0;
      for (int64_t batch = 0; batch < kBatches; ++batch) {
        Slab* slab = assembler.NextFull();
        ASSERT_NE(slab, nullptr);
        ASSERT_EQ(slab->columns(), B);
        for (int64_t column = 0; column < B; ++column, ++next) {
          EXPECT_TRUE(HoldsColumn(*slab, column, AdmittedUnroll(E, next / E), next % E));
        }
        assembler.Recycle(slab, 2);
      }
      assembler.Close(absl::UnavailableError("stopping"));
    }
  }
}

TEST(AsyncAssembler, WhatComesAlongGoesWithTheLastColumn) {
  AsyncAssembler assembler(AdmittedSpec(1), Options(4, 3));
  Unroll unroll = AdmittedUnroll(6, 1, 2, 1, 5);
  unroll.resume_state = "where it stands";
  unroll.episodes = {{1.5, 10, false}, {2.5, 20, true}};
  ExpectAccepted(assembler, unroll);
  ExpectAccepted(assembler, AdmittedUnroll(2, 2, 3, 0, 6));

  Slab* first = assembler.NextFull();
  ASSERT_EQ(first->parts.size(), 1u);
  EXPECT_EQ(first->parts[0].columns, 4);
  EXPECT_EQ(first->parts[0].actor, 2u);
  EXPECT_EQ(first->parts[0].thread, 1u);
  EXPECT_EQ(first->parts[0].policy_version, 5u);
  EXPECT_EQ(first->parts[0].resume_state, "");
  EXPECT_TRUE(first->episodes.empty());

  Slab* second = assembler.NextFull();
  ASSERT_EQ(second->parts.size(), 2u);
  EXPECT_EQ(second->parts[0].columns, 2);
  EXPECT_EQ(second->parts[0].resume_state, "where it stands");
  EXPECT_EQ(second->parts[1].actor, 3u);
  EXPECT_EQ(second->parts[1].policy_version, 6u);
  ASSERT_GE(second->episodes.size(), 2u);
  EXPECT_EQ(second->episodes[0].episode_return, 1.5);
  EXPECT_TRUE(second->episodes[1].truncated);

  assembler.Recycle(first, 2);
  EXPECT_TRUE(first->parts.empty());
  EXPECT_TRUE(first->episodes.empty());
}

TEST(AsyncAssembler, BlocksWhenFullAndGoesOnAfterRecycle) {
  constexpr int64_t kColumns = 2, kSlabs = 3;
  AsyncAssembler assembler(AdmittedSpec(1), Options(kColumns, kSlabs));
  std::atomic<int64_t> admitted{0};
  Thread producer("producer", [&] {
    for (int64_t i = 0; assembler.Admit(AdmittedUnroll(1, i).view(), 1).ok(); ++i) ++admitted;
  });
  for (int64_t batch = 0; batch < 50; ++batch) {
    const int64_t capacity = (kSlabs + batch) * kColumns;
    EXPECT_TRUE(Eventually([&] { return admitted >= capacity; }));
    Slab* slab = assembler.NextFull();
    ASSERT_NE(slab, nullptr);
    // Taken for training is not free: there is room again only after Recycle.
    EXPECT_EQ(admitted, capacity);
    assembler.Recycle(slab, batch + 2);
  }
  EXPECT_TRUE(Eventually([&] { return assembler.blocked_seconds() > 0; }));
  assembler.Close(absl::UnavailableError("stopping"));
  producer.Join();
}

TEST(AsyncAssembler, RefusesWhatIsTooOldAndOnlyThat) {
  AsyncAssembler::Options options = Options(4);
  options.max_policy_lag = 3;
  AsyncAssembler assembler(AdmittedSpec(1), options);
  const auto verdict = [&](uint64_t version, uint64_t newest) {
    return *assembler.Admit(AdmittedUnroll(1, version, 0, 0, version).view(), newest);
  };
  EXPECT_EQ(verdict(10, 10), UnrollVerdict::kAccepted);
  EXPECT_EQ(verdict(7, 10), UnrollVerdict::kAccepted);
  EXPECT_EQ(verdict(6, 10), UnrollVerdict::kStale);
  EXPECT_EQ(verdict(1, 10), UnrollVerdict::kStale);
  EXPECT_EQ(verdict(9, 10), UnrollVerdict::kAccepted);
  EXPECT_EQ(verdict(8, 10), UnrollVerdict::kAccepted);
  Slab* slab = assembler.NextFull();
  ASSERT_EQ(slab->parts.size(), 4u);
  EXPECT_EQ(slab->parts[1].policy_version, 7u);
  EXPECT_EQ(slab->parts[2].policy_version, 9u);
}

TEST(AsyncAssembler, WithoutALimitAnyAgeIsTaken) {
  AsyncAssembler assembler(AdmittedSpec(1), Options(2));
  EXPECT_EQ(*assembler.Admit(AdmittedUnroll(1, 0).view(), 1000000), UnrollVerdict::kAccepted);
}

TEST(AsyncAssembler, CloseUnblocksEveryone) {
  AsyncAssembler assembler(AdmittedSpec(1), Options(1));
  AsyncAssembler starved(AdmittedSpec(1), Options(1));
  std::atomic<int> admitted{0}, refused{0}, ended{0};
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back("producer", [&, i] {
      for (uint64_t n = 0;; ++n) {
        const auto verdict = assembler.Admit(AdmittedUnroll(1, n, i).view(), 1);
        if (verdict.ok()) {
          ++admitted;
          continue;
        }
        if (verdict.status().code() == absl::StatusCode::kUnavailable) ++refused;
        return;
      }
    });
  }
  threads.emplace_back("consumer", [&] { ended += starved.NextFull() == nullptr ? 1 : 0; });
  EXPECT_TRUE(Eventually([&] { return admitted == 2; }));
  assembler.Close(absl::UnavailableError("stopping"));
  starved.Close(absl::UnavailableError("stopping"));
  threads.clear();  // joins
  EXPECT_EQ(admitted, 2);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(assembler.NextFull(), nullptr);
}

TEST(AsyncAssembler, ManyProducersLoseNothing) {
  constexpr int kProducers = 4, kUnrolls = 30, kE = 3, kB = 5;
  AsyncAssembler assembler(AdmittedSpec(1), Options(kB));
  std::vector<Thread> producers;
  for (uint32_t p = 0; p < kProducers; ++p) {
    producers.emplace_back("producer", [&assembler, p] {
      for (int i = 0; i < kUnrolls; ++i) {
        EXPECT_TRUE(assembler.Admit(AdmittedUnroll(kE, i, p).view(), 1).ok());
      }
    });
  }
  std::vector<int64_t> columns(kProducers);
  for (int batch = 0; batch < kProducers * kUnrolls * kE / kB; ++batch) {
    Slab* slab = assembler.NextFull();
    for (const SlabPart& part : slab->parts) columns[part.actor] += part.columns;
    assembler.Recycle(slab, 2);
  }
  for (const int64_t count : columns) EXPECT_EQ(count, kUnrolls * kE);
}

}  // namespace
}  // namespace nyala
