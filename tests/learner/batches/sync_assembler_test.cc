#include "learner/batches/sync_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include "common/base/thread.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

class SyncAssemblerTest : public testing::Test {
 protected:
  SyncAssemblerTest() : assembler_(AdmittedSpec(1), Options()) {}

  static SyncAssembler::Options Options() {
    SyncAssembler::Options options;
    options.shards = 2;
    options.tile_rows = 6;
    return options;
  }

  UnrollVerdict Submit(const Unroll& unroll) {
    const auto verdict = assembler_.Admit(unroll.view(), unroll.policy_version);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.ok() ? *verdict : UnrollVerdict::kStale;
  }
  UnrollVerdict Submit(uint32_t actor, int64_t E, uint64_t version) {
    return Submit(AdmittedUnroll(E, 100 * version + actor, actor, 0, version));
  }
  absl::Status Refusal(const Unroll& unroll) {
    return assembler_.Admit(unroll.view(), unroll.policy_version).status();
  }
  // The slab of the batch that is full now.
  Slab* Full() { return assembler_.NextFull(); }

  SyncAssembler assembler_;
};

TEST_F(SyncAssemblerTest, ABatchIsDealtByMemberWhateverTheOrderOfArrival) {
  std::vector<Unroll> unrolls;
  for (uint32_t i = 0; i < 4; ++i) {
    unrolls.push_back(AdmittedUnroll(2 + i % 2, i, i / 2, i % 2));
    unrolls.back().episodes = {{static_cast<double>(i), 1 + i, false}};
  }
  for (const auto& unroll : unrolls) {
    assembler_.AddMember({unroll.id.actor, unroll.id.thread, unroll.spec.E});
  }
  std::vector<int> order = {0, 1, 2, 3};
  uint64_t version = 1;
  do {
    for (const int i : order) {
      unrolls[i].policy_version = version;
      EXPECT_EQ(Submit(unrolls[i]), UnrollVerdict::kAccepted);
    }
    Slab* slab = Full();
    ASSERT_EQ(slab->columns(), 10);
    int64_t column = 0;
    for (const Unroll& unroll : unrolls) {
      for (int64_t e = 0; e < unroll.spec.E; ++e) {
        EXPECT_TRUE(HoldsColumn(*slab, column++, unroll, e));
      }
    }
    ASSERT_EQ(slab->parts.size(), 4u);
    ASSERT_EQ(slab->episodes.size(), 4u);
    for (uint32_t i = 0; i < 4; ++i) {
      EXPECT_EQ(slab->parts[i].actor, i / 2);
      EXPECT_EQ(slab->parts[i].thread, i % 2);
      EXPECT_EQ(slab->episodes[i].episode_return, i);
    }
    assembler_.Recycle(slab, ++version);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(SyncAssemblerTest, TakesTheNewestVersionOnly) {
  assembler_.AddMember({0, 0, 2});
  EXPECT_EQ(Submit(0, 2, 2), UnrollVerdict::kStale);
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
  assembler_.Recycle(Full(), 2);
  EXPECT_EQ(Submit(0, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->parts.at(0).policy_version, 2u);
}

TEST_F(SyncAssemblerTest, OneUnrollOfEveryMemberPerBatch) {
  assembler_.AddMember({0, 0, 2});
  assembler_.AddMember({1, 0, 2});
  const Unroll first = AdmittedUnroll(2, 1);
  EXPECT_EQ(Submit(first), UnrollVerdict::kAccepted);
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(AdmittedUnroll(2, 2))));
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kAccepted);
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(AdmittedUnroll(2, 3, 1))));  // full
  Slab* slab = Full();
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(AdmittedUnroll(2, 4, 1))));  // in training
  EXPECT_TRUE(HoldsColumn(*slab, 0, first, 0));
  EXPECT_EQ(slab->parts.size(), 2u);
}

TEST_F(SyncAssemblerTest, StrangersAndOtherWidthsAreRefused) {
  assembler_.AddMember({0, 0, 2});
  EXPECT_EQ(Submit(7, 2, 1), UnrollVerdict::kStale);
  EXPECT_TRUE(absl::IsInvalidArgument(Refusal(AdmittedUnroll(3, 5))));
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
}

// Patience for a moment only, and a first batch of so many.
class PatientAssembler {
 public:
  explicit PatientAssembler(int64_t announced, double seconds = 0.02)
      : assembler(AdmittedSpec(1), OptionsOf(announced, seconds)) {}
  static SyncAssembler::Options OptionsOf(int64_t announced, double seconds) {
    SyncAssembler::Options options;
    options.announced = announced;
    options.straggler_seconds = seconds;
    return options;
  }
  UnrollVerdict Submit(const Unroll& unroll) {
    const auto verdict = assembler.Admit(unroll.view(), unroll.policy_version);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.ok() ? *verdict : UnrollVerdict::kStale;
  }
  SyncAssembler assembler;
};

// One opened, silent stream held everybody at 0 frames/s.
TEST(SyncAssemblerPatience, TheSilentAreLeftOutOfTheBatch) {
  PatientAssembler patient(0);
  patient.assembler.AddMember({0, 0, 2});
  patient.assembler.AddMember({1, 0, 3, false, 9});
  std::vector<SilentMember> silent;
  patient.assembler.OnSilence([&](const std::vector<SilentMember>& members, double seconds) {
    silent = members;
    EXPECT_GT(seconds, 0);
  });
  const Unroll unroll = AdmittedUnroll(2, 1);
  EXPECT_EQ(patient.Submit(unroll), UnrollVerdict::kAccepted);
  Slab* const slab = patient.assembler.NextFull();
  ASSERT_NE(slab, nullptr);
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].actor, 1u);
  EXPECT_EQ(silent[0].thread, 0u);
  EXPECT_EQ(silent[0].holder, 9u);
  EXPECT_TRUE(HoldsColumn(*slab, 0, unroll, 0));
  EXPECT_TRUE(IsMasked(*slab, 2));
  EXPECT_EQ(slab->parts.size(), 1u);
  patient.assembler.Recycle(slab, 2);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 2, 0, 0, 2)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 2);
}

TEST(SyncAssemblerPatience, OneOnProbationIsWaitedForOnceItHasSentSomething) {
  PatientAssembler patient(0, 0);
  patient.assembler.AddMember({0, 0, 2});
  patient.assembler.AddMember({1, 0, 3, /*on_probation=*/true});
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  Slab* slab = patient.assembler.NextFull();
  EXPECT_EQ(slab->columns(), 2);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(3, 2, 1)), UnrollVerdict::kStale);
  patient.assembler.Recycle(slab, 2);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 3, 0, 0, 2)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(3, 4, 1, 0, 2)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 5);
}

// Members that filled the batch and never delivered kept everybody else out.
TEST(SyncAssemblerPatience, WhereNobodyDeliversAllAreLeftOut) {
  PatientAssembler patient(0, 0.01);
  patient.assembler.AddMember({0, 0, 2});
  patient.assembler.AddMember({1, 0, 3});
  std::atomic<int> silent{0};
  patient.assembler.OnSilence([&](const std::vector<SilentMember>& members, double) {
    silent += static_cast<int>(members.size());
  });
  Slab* slab = nullptr;
  Thread trainer("trainer", [&] { slab = patient.assembler.NextFull(); });
  ASSERT_TRUE(Eventually([&] {
    // Coming and going gives nobody more time.
    patient.assembler.AddMember({2, 0, 1, /*on_probation=*/true});
    patient.assembler.RemoveMember(2, 0);
    return silent == 2;
  }));
  // Slow, but honest: it is a batch by itself.
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  trainer.Join();
  EXPECT_EQ(slab->columns(), 2);
}

// All were left out each time, the first one back made a batch by itself, and the others were stale
// for ever.
TEST(SyncAssemblerPatience, SlowMembersOfEqualPaceAreAllTrainedOn) {
  PatientAssembler patient(0, 0.002);
  for (uint32_t i = 0; i < 4; ++i) patient.assembler.AddMember({i, 0, 1});
  std::vector<int> accepted(4);
  for (uint64_t version = 1; version <= 10; ++version) {
    Slab* slab = nullptr;
    Thread trainer("trainer", [&] { slab = patient.assembler.NextFull(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (uint32_t i = 0; i < 4; ++i) {
      const auto verdict =
          patient.assembler.Admit(AdmittedUnroll(1, version, i, 0, version).view(), version);
      ASSERT_TRUE(verdict.ok()) << verdict.status();
      accepted[i] += *verdict == UnrollVerdict::kAccepted ? 1 : 0;
    }
    trainer.Join();
    patient.assembler.Recycle(slab, version + 1);
  }
  for (const int of_one : accepted) EXPECT_GT(of_one, 0);
}

TEST(SyncAssemblerPatience, ALateUnrollTeachesPatience) {
  PatientAssembler patient(0, 0.05);
  patient.assembler.AddMember({0, 0, 2});
  patient.assembler.AddMember({1, 0, 3});
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  Slab* const slab = patient.assembler.NextFull();  // left out
  EXPECT_EQ(slab->parts.size(), 1u);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(3, 2, 1)), UnrollVerdict::kStale);
  patient.assembler.Recycle(slab, 2);
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 3, 0, 0, 2)), UnrollVerdict::kAccepted);
  Thread late("late", [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(patient.Submit(AdmittedUnroll(3, 4, 1, 0, 2)), UnrollVerdict::kAccepted);
  });
  EXPECT_EQ(patient.assembler.NextFull()->parts.size(), 2u);
  late.Join();
}

// The trainer slept for an hour, since nobody told it that there was a deadline again.
TEST(SyncAssemblerPatience, WhoIsBackAndSilentAgainIsLeftOutAgain) {
  SyncAssembler::Options options = PatientAssembler::OptionsOf(0, 0.01);
  options.version = 2;
  SyncAssembler assembler(AdmittedSpec(1), options);
  assembler.AddMember({0, 0, 1});
  std::atomic<int> silent{0};
  assembler.OnSilence([&](const std::vector<SilentMember>&, double) { ++silent; });
  Thread trainer("trainer", [&] { assembler.NextFull(); });
  ASSERT_TRUE(Eventually([&] { return silent == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(*assembler.Admit(AdmittedUnroll(1, 1).view(), 2), UnrollVerdict::kStale);
  EXPECT_TRUE(Eventually([&] { return silent == 2; }));
  assembler.Close(absl::CancelledError("over"));
  trainer.Join();
}

// Bad unrolls would have a place that the learner's memory was not counted for.
TEST(SyncAssemblerPatience, ABadUnrollEndsNoProbation) {
  PatientAssembler patient(0, 0);
  patient.assembler.AddMember({0, 0, 2});
  patient.assembler.AddMember({1, 0, 3, /*on_probation=*/true});
  patient.assembler.Refuse(AdmittedUnroll(3, 2, 1).view());
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 2);
}

TEST(SyncAssemblerPatience, AnAloneMemberOnProbationMakesABatchAtOnce) {
  PatientAssembler patient(0, 0);
  patient.assembler.AddMember({0, 0, 2, /*on_probation=*/true});
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 2);
}

// Which actor started faster decided what was learnt.
TEST(SyncAssemblerPatience, TheFirstBatchWaitsForAllThatWereAnnounced) {
  PatientAssembler patient(2, 0);
  patient.assembler.AddMember({0, 0, 2});
  const Unroll early = AdmittedUnroll(2, 1);
  Thread submitter("early", [&] { EXPECT_EQ(patient.Submit(early), UnrollVerdict::kAccepted); });
  patient.assembler.AddMember({1, 0, 1});
  submitter.Join();
  EXPECT_EQ(patient.Submit(AdmittedUnroll(1, 2, 1)), UnrollVerdict::kAccepted);
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 3);
}

TEST(SyncAssemblerPatience, TheFirstBatchDoesNotWaitForEver) {
  PatientAssembler patient(2);
  patient.assembler.AddMember({0, 0, 2});
  Thread submitter(
      "early", [&] { EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted); });
  EXPECT_EQ(patient.assembler.NextFull()->columns(), 2);
}

TEST(SyncAssemblerPatience, AVersionOnceSubmittedUnderIsNotTakenAgain) {
  PatientAssembler patient(0, 0);
  patient.assembler.AddMember({0, 0, 2});
  EXPECT_EQ(patient.Submit(AdmittedUnroll(2, 1)), UnrollVerdict::kAccepted);
  patient.assembler.Recycle(patient.assembler.NextFull(), 2);
  EXPECT_TRUE(
      absl::IsInvalidArgument(patient.assembler.Admit(AdmittedUnroll(2, 2).view(), 2).status()));
}

TEST(PatienceTest, IsAsLongAsConfiguredOrFourTimesTheUsual) {
  Patience patience(10);
  EXPECT_EQ(patience.limit(), 10);
  patience.Note(1);
  EXPECT_EQ(patience.limit(), 10);
  patience.Note(5);
  EXPECT_EQ(patience.limit(), 20);
  patience.Note(500);
  EXPECT_EQ(patience.limit(), 40);
  for (int i = 0; i < 16; ++i) patience.NextBatch();
  EXPECT_EQ(patience.limit(), 10);
  // Many quick ones in a batch do not hide the slow one.
  patience.Note(5);
  for (int i = 0; i < 100; ++i) patience.Note(1);
  EXPECT_EQ(patience.limit(), 20);
  Patience endless(0);
  EXPECT_EQ(endless.limit(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(endless.longest(), std::numeric_limits<double>::infinity());
}

TEST(PatienceTest, IsLongerWhereNobodyDelivers) {
  Patience patience(10);
  EXPECT_EQ(patience.longest(), 100);
  patience.Note(80);
  EXPECT_EQ(patience.longest(), 400);
  patience.Note(1e6);
  EXPECT_EQ(patience.longest(), 1000);
}

TEST_F(SyncAssemblerTest, ANewcomerBeforeTheFirstUnrollTakesPartAtOnce) {
  assembler_.AddMember({1, 0, 2});
  assembler_.AddMember({0, 0, 1});
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kAccepted);
  EXPECT_EQ(Submit(0, 1, 1), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 3);
}

TEST_F(SyncAssemblerTest, ANewcomerInTheMiddleOfABatchTakesPartFromTheNext) {
  assembler_.AddMember({0, 0, 2});
  assembler_.AddMember({1, 0, 2});
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
  assembler_.AddMember({2, 0, 1});
  EXPECT_EQ(Submit(2, 1, 1), UnrollVerdict::kStale);
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kAccepted);
  Slab* slab = Full();
  EXPECT_EQ(slab->columns(), 4);
  assembler_.Recycle(slab, 2);
  for (const uint32_t actor : {0, 1}) EXPECT_EQ(Submit(actor, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Submit(2, 1, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 5);
}

TEST_F(SyncAssemblerTest, ANewcomerBetweenRecycleAndPublicationIsSentOnAndHoldsNobodyUp) {
  assembler_.AddMember({0, 0, 2});
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
  assembler_.Recycle(Full(), 2);
  // Version 2 is not published yet: the newcomer still acts under 1.
  assembler_.AddMember({1, 0, 2, /*on_probation=*/true});
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kStale);
  // Published: both act under 2, and the batch is complete.
  EXPECT_EQ(Submit(1, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Submit(0, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 4);
}

TEST_F(SyncAssemblerTest, WhoLeavesBeforeItSubmittedIsMasked) {
  for (const uint32_t actor : {0, 1, 2}) assembler_.AddMember({actor, 0, 2});
  const Unroll first = AdmittedUnroll(2, 5, 0), last = AdmittedUnroll(2, 6, 2);
  EXPECT_EQ(Submit(first), UnrollVerdict::kAccepted);
  assembler_.RemoveMember(1, 0);
  EXPECT_EQ(Submit(last), UnrollVerdict::kAccepted);
  Slab* slab = Full();
  ASSERT_EQ(slab->columns(), 6);
  EXPECT_TRUE(HoldsColumn(*slab, 1, first, 1));
  EXPECT_TRUE(IsMasked(*slab, 2));
  EXPECT_TRUE(IsMasked(*slab, 3));
  EXPECT_TRUE(HoldsColumn(*slab, 4, last, 0));
  EXPECT_EQ(slab->parts.size(), 2u);
  // The next batch has no place for it.
  assembler_.Recycle(slab, 2);
  EXPECT_EQ(Submit(0, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Submit(2, 2, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 4);
}

TEST_F(SyncAssemblerTest, TheLastOneMissingCompletesTheBatchByLeaving) {
  assembler_.AddMember({0, 0, 2});
  assembler_.AddMember({1, 0, 2});
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
  assembler_.RemoveMember(1, 0);
  Slab* slab = Full();
  EXPECT_TRUE(IsMasked(*slab, 2));
  EXPECT_EQ(slab->parts.size(), 1u);
}

TEST_F(SyncAssemblerTest, WhatWasSubmittedStaysWhenItsMemberLeaves) {
  assembler_.AddMember({0, 0, 2});
  assembler_.AddMember({1, 0, 2});
  const Unroll unroll = AdmittedUnroll(2, 5, 0);
  EXPECT_EQ(Submit(unroll), UnrollVerdict::kAccepted);
  assembler_.RemoveMember(0, 0);
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kAccepted);
  EXPECT_TRUE(HoldsColumn(*Full(), 0, unroll, 0));
}

TEST_F(SyncAssemblerTest, GoesOnAfterEverybodyLeftAndSomebodyCame) {
  assembler_.AddMember({0, 0, 2});
  assembler_.RemoveMember(0, 0);
  assembler_.AddMember({1, 0, 3});
  EXPECT_EQ(Submit(1, 3, 1), UnrollVerdict::kAccepted);
  Slab* slab = Full();
  EXPECT_EQ(slab->columns(), 3);
  assembler_.RemoveMember(1, 0);  // while it is in training
  assembler_.Recycle(slab, 2);
  assembler_.AddMember({2, 0, 1});
  const Unroll unroll = AdmittedUnroll(1, 9, 2, 0, 2);
  EXPECT_EQ(Submit(unroll), UnrollVerdict::kAccepted);
  EXPECT_TRUE(HoldsColumn(*Full(), 0, unroll, 0));
}

TEST_F(SyncAssemblerTest, NewcomersWaitOutABatchWhoseLastMemberLeaves) {
  assembler_.AddMember({0, 0, 1});
  assembler_.AddMember({1, 0, 1});
  EXPECT_EQ(Submit(0, 1, 1), UnrollVerdict::kAccepted);
  assembler_.AddMember({2, 0, 1});
  assembler_.RemoveMember(0, 0);
  assembler_.RemoveMember(1, 0);
  Slab* slab = Full();
  EXPECT_EQ(slab->columns(), 2);
  assembler_.Recycle(slab, 2);
  EXPECT_EQ(Submit(2, 1, 2), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 1);
}

TEST_F(SyncAssemblerTest, ComingBackInTheMiddleOfABatchKeepsThePlace) {
  assembler_.AddMember({0, 0, 2});
  assembler_.AddMember({1, 0, 2});
  EXPECT_EQ(Submit(0, 2, 1), UnrollVerdict::kAccepted);
  assembler_.AddMember({1, 0, 2});  // a new stream of the same thread
  EXPECT_EQ(Submit(1, 2, 1), UnrollVerdict::kAccepted);
  EXPECT_EQ(Full()->columns(), 4);
}

TEST_F(SyncAssemblerTest, NothingOfAnEarlierBatchIsLeftInTheNext) {
  assembler_.AddMember({0, 0, 2});
  Unroll unroll = AdmittedUnroll(2, 1);
  unroll.episodes = {{1, 1, false}};
  EXPECT_EQ(Submit(unroll), UnrollVerdict::kAccepted);
  Slab* slab = Full();
  EXPECT_EQ(slab->episodes.size(), 1u);
  assembler_.Recycle(slab, 2);
  unroll.policy_version = 2;
  unroll.episodes.clear();
  EXPECT_EQ(Submit(unroll), UnrollVerdict::kAccepted);
  slab = Full();
  EXPECT_TRUE(slab->episodes.empty());
  EXPECT_EQ(slab->parts.size(), 1u);
}

TEST_F(SyncAssemblerTest, CloseEndsTheWaitAndRefusesUnrolls) {
  assembler_.AddMember({0, 0, 2});
  Slab* got = nullptr;
  Thread trainer("trainer", [&] { got = assembler_.NextFull(); });
  assembler_.Close(absl::CancelledError("the run is over"));
  trainer.Join();
  EXPECT_EQ(got, nullptr);
  EXPECT_EQ(assembler_.Admit(AdmittedUnroll(2, 1).view(), 1).status(),
            absl::CancelledError("the run is over"));
}

}  // namespace
}  // namespace nyala
