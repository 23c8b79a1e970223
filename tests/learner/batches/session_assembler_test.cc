#include "learner/batches/session_assembler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/thread.h"
#include "common/rl/episode_rows.h"
#include "tests/learner/batches/admitted.h"
#include "tests/learner/batches/session_player.h"

namespace nyala {
namespace {

class SessionAssemblerTest : public testing::Test {
 protected:
  explicit SessionAssemblerTest(int64_t sessions = 1) {
    SessionAssembler::Options options;
    options.shards = 2;
    options.tile_rows = 64;
    options.wanted = {sessions, /*max_frames=*/50};
    assembler_ = std::make_unique<SessionAssembler>(AdmittedSpec(1), options);
  }

  // A member whose column e plays sessions of lengths[e] frames.
  SessionPlayer Join(uint32_t actor, std::vector<int64_t> lengths) {
    assembler_->AddMember({actor, 0, static_cast<int64_t>(lengths.size())});
    return SessionPlayer(actor, std::move(lengths));
  }
  UnrollVerdict Submit(const Unroll& unroll) {
    const auto verdict = assembler_->Admit(unroll.view(), unroll.policy_version);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.ok() ? *verdict : UnrollVerdict::kStale;
  }
  // Plays until the member has met its quota; how many unrolls that took.
  int PlayToQuota(SessionPlayer& player) {
    for (int unrolls = 1; unrolls < 100; ++unrolls) {
      const UnrollVerdict verdict = Submit(player.Next());
      if (verdict == UnrollVerdict::kEnough) return unrolls;
      EXPECT_EQ(verdict, UnrollVerdict::kAccepted);
    }
    ADD_FAILURE() << "the quota is never met";
    return 0;
  }

  std::unique_ptr<SessionAssembler> assembler_;
};

class TwoSessionsTest : public SessionAssemblerTest {
 protected:
  TwoSessionsTest() : SessionAssemblerTest(2) {}
};

TEST_F(SessionAssemblerTest, SessionsCutByTheUnrollLengthAreCompleted) {
  SessionPlayer player = Join(0, {7, 2, 12});
  EXPECT_EQ(PlayToQuota(player), 4);  // of three rows: the longest session decides
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 3);
  EXPECT_EQ(slab->T(), 32);
  EXPECT_TRUE(HoldsSessions(*slab, 0, player, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 1, player, 1, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 2, player, 2, 1));
  EXPECT_EQ(slab->CountFrames(), 7 + 2 + 12);
}

TEST_F(SessionAssemblerTest, ATruncatedSessionHasItsFinalObservation) {
  // Truncated in an unroll's last row, its last but one, and its first.
  SessionPlayer player = Join(0, {-3, -2, -4});
  EXPECT_EQ(PlayToQuota(player), 2);
  Slab* slab = assembler_->NextFull();
  for (int64_t e = 0; e < 3; ++e) EXPECT_TRUE(HoldsSessions(*slab, e, player, e, 1)) << e;
  EXPECT_EQ(slab->CountFrames(), 3 + 2 + 4);
  ASSERT_EQ(slab->episodes.size(), 3u);
  EXPECT_TRUE(slab->episodes[0].truncated);
}

TEST_F(TwoSessionsTest, EveryColumnPlaysTheSameNumber) {
  SessionPlayer player = Join(0, {1, -5, 20});
  EXPECT_EQ(PlayToQuota(player), 14);  // 40 rows
  Slab* slab = assembler_->NextFull();
  EXPECT_EQ(slab->T(), 64);
  for (int64_t e = 0; e < 3; ++e) EXPECT_TRUE(HoldsSessions(*slab, e, player, e, 2)) << e;
  EXPECT_EQ(slab->CountFrames(), 2 * (1 + 5 + 20));
  // Two of the first column's forty sessions are counted and reported.
  ASSERT_EQ(slab->episodes.size(), 6u);
  const std::vector<uint64_t> lengths = {1, 1, 5, 5, 20, 20};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(slab->episodes[i].length, lengths[i]);
  EXPECT_DOUBLE_EQ(slab->episodes[2].episode_return, player.ReturnOf(1, 0));
}

TEST_F(SessionAssemblerTest, WaitsForTheSlowAndDealsByMember) {
  SessionPlayer slow = Join(3, {30}), fast = Join(7, {2, 2});
  EXPECT_EQ(PlayToQuota(fast), 1);
  // Whoever has enough is refused, however much it plays.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Submit(fast.Next()), UnrollVerdict::kStale);
  EXPECT_EQ(PlayToQuota(slow), 10);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 3);
  EXPECT_TRUE(HoldsSessions(*slab, 0, slow, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 1, fast, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 2, fast, 1, 1));
  ASSERT_EQ(slab->parts.size(), 2u);
  EXPECT_EQ(slab->parts[0].actor, 3u);
  EXPECT_EQ(slab->parts[0].columns, 1);
  EXPECT_EQ(slab->parts[1].actor, 7u);
  EXPECT_EQ(slab->parts[1].policy_version, 1u);
}

TEST_F(SessionAssemblerTest, TakesTheNewestVersionOnlyAndFromItsFirstFrame) {
  SessionPlayer player = Join(0, {4, 8});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  EXPECT_EQ(PlayToQuota(player), 2);
  Slab* slab = assembler_->NextFull();
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kStale);  // in training
  assembler_->Recycle(slab, 2);
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kStale);
  player.Restart(2);
  EXPECT_EQ(PlayToQuota(player), 3);
  slab = assembler_->NextFull();
  EXPECT_TRUE(HoldsSessions(*slab, 0, player, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 1, player, 1, 1));
  EXPECT_EQ(slab->parts.at(0).policy_version, 2u);
  EXPECT_EQ(slab->episodes.size(), 2u);
}

TEST_F(SessionAssemblerTest, AGapMakesTheMemberStartOver) {
  SessionPlayer player = Join(0, {9, 2});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  player.Next();  // lost: nobody knows what was in it
  // Rows 6, 7, 8 end a session whose middle is missing; the next one is whole.
  EXPECT_EQ(PlayToQuota(player), 4);
  Slab* slab = assembler_->NextFull();
  EXPECT_TRUE(HoldsSessions(*slab, 0, player, 0, 1, /*from_session=*/1));
  EXPECT_TRUE(HoldsSessions(*slab, 1, player, 1, 1, /*from_session=*/3));
}

TEST_F(SessionAssemblerTest, ARepeatIsNotTakenTwice) {
  SessionPlayer player = Join(0, {9});
  const Unroll first = player.Next();
  EXPECT_EQ(Submit(first), UnrollVerdict::kAccepted);
  EXPECT_EQ(Submit(first), UnrollVerdict::kStale);
  EXPECT_EQ(PlayToQuota(player), 2);
  EXPECT_TRUE(HoldsSessions(*assembler_->NextFull(), 0, player, 0, 1));
}

TEST_F(SessionAssemblerTest, ANewStreamOfAMemberGoesOnWhereTheOldOneWas) {
  SessionPlayer player = Join(0, {9});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  assembler_->AddMember({0, 0, 1});
  EXPECT_EQ(PlayToQuota(player), 2);
  EXPECT_TRUE(HoldsSessions(*assembler_->NextFull(), 0, player, 0, 1));
}

TEST_F(SessionAssemblerTest, ARejoinInTheMiddleOfASessionStartsWithTheNext) {
  SessionPlayer player = Join(0, {9});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  assembler_->RemoveMember(0, 0);
  assembler_->AddMember({0, 0, 1});
  EXPECT_EQ(PlayToQuota(player), 5);
  EXPECT_TRUE(HoldsSessions(*assembler_->NextFull(), 0, player, 0, 1, /*from_session=*/1));
}

TEST_F(SessionAssemblerTest, ANewcomerInTheMiddleTakesPartAtOnce) {
  SessionPlayer early = Join(0, {3}), last = Join(2, {30});
  EXPECT_EQ(PlayToQuota(early), 1);
  SessionPlayer newcomer = Join(1, {5, 6});
  EXPECT_EQ(PlayToQuota(last), 10);
  EXPECT_EQ(PlayToQuota(newcomer), 2);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 4);
  EXPECT_TRUE(HoldsSessions(*slab, 1, newcomer, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 3, last, 0, 1));
}

TEST_F(SessionAssemblerTest, ANewcomerDuringTrainingTakesPartInTheNextBatch) {
  SessionPlayer first = Join(0, {3});
  EXPECT_EQ(PlayToQuota(first), 1);
  SessionPlayer full = Join(1, {3});
  EXPECT_EQ(Submit(full.Next()), UnrollVerdict::kStale);  // the batch is full
  Slab* slab = assembler_->NextFull();
  SessionPlayer training = Join(2, {3});
  EXPECT_EQ(Submit(training.Next()), UnrollVerdict::kStale);
  EXPECT_EQ(slab->columns(), 1);
  assembler_->Recycle(slab, 2);
  for (SessionPlayer* player : {&first, &full, &training}) {
    player->Restart(2);
    EXPECT_EQ(PlayToQuota(*player), 1);
  }
  EXPECT_EQ(assembler_->NextFull()->columns(), 3);
}

TEST_F(SessionAssemblerTest, WhoLeavesWithItsQuotaUnmetLeavesNothing) {
  SessionPlayer stays = Join(0, {3}), leaves = Join(1, {3, 9});
  EXPECT_EQ(Submit(leaves.Next()), UnrollVerdict::kAccepted);
  EXPECT_EQ(PlayToQuota(stays), 1);
  // It was the last one missing: the others need not wait for a version that never comes.
  assembler_->RemoveMember(1, 0);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 1);
  EXPECT_TRUE(HoldsSessions(*slab, 0, stays, 0, 1));
  EXPECT_EQ(slab->episodes.size(), 1u);
}

TEST_F(SessionAssemblerTest, AMetQuotaCountsAlthoughItsMemberLeft) {
  SessionPlayer left = Join(0, {3}), other = Join(1, {9});
  EXPECT_EQ(PlayToQuota(left), 1);
  assembler_->RemoveMember(0, 0);
  // Back again, or another in its place: the place is taken for this batch.
  assembler_->AddMember({0, 0, 2});
  SessionPlayer wider(0, {4, 4});
  EXPECT_EQ(Submit(wider.Next()), UnrollVerdict::kStale);
  assembler_->RemoveMember(1, 0);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 1);
  EXPECT_TRUE(HoldsSessions(*slab, 0, left, 0, 1));
  assembler_->Recycle(slab, 2);
  wider.Restart(2);
  EXPECT_EQ(PlayToQuota(wider), 2);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

TEST_F(SessionAssemblerTest, GoesOnAfterEverybodyLeft) {
  SessionPlayer gone = Join(0, {9});
  EXPECT_EQ(Submit(gone.Next()), UnrollVerdict::kAccepted);
  assembler_->RemoveMember(0, 0);
  SessionPlayer next = Join(0, {9});
  EXPECT_EQ(PlayToQuota(next), 3);
  Slab* slab = assembler_->NextFull();
  EXPECT_TRUE(HoldsSessions(*slab, 0, next, 0, 1));
  assembler_->RemoveMember(0, 0);  // while it is in training
  assembler_->Recycle(slab, 2);
  SessionPlayer last = Join(5, {2});
  last.Restart(2);
  EXPECT_EQ(PlayToQuota(last), 1);
  EXPECT_EQ(assembler_->NextFull()->parts.at(0).actor, 5u);
}

TEST_F(SessionAssemblerTest, NothingOfALongerBatchIsLeftInAShorter) {
  SessionPlayer longer = Join(0, {45, 3});
  EXPECT_EQ(PlayToQuota(longer), 15);
  Slab* slab = assembler_->NextFull();
  EXPECT_EQ(slab->T(), 64);
  assembler_->Recycle(slab, 2);
  assembler_->AddMember({0, 0, 2});
  SessionPlayer shorter(0, {4, 3}, /*sequence=*/100);
  shorter.Restart(2);
  EXPECT_EQ(PlayToQuota(shorter), 2);
  slab = assembler_->NextFull();
  EXPECT_EQ(slab->T(), 32);
  EXPECT_TRUE(HoldsSessions(*slab, 0, shorter, 0, 1));
  EXPECT_TRUE(HoldsSessions(*slab, 1, shorter, 1, 1));
}

TEST_F(SessionAssemblerTest, ASessionBeyondTheLimitIsRefused) {
  SessionPlayer player = Join(0, {50, 60});
  absl::StatusOr<UnrollVerdict> verdict = UnrollVerdict::kAccepted;
  for (int i = 0; i < 17 && verdict.ok(); ++i) {
    verdict = assembler_->Admit(player.Next().view(), 1);
  }
  EXPECT_EQ(verdict.status(),
            absl::InvalidArgumentError(
                "unroll field 'flags': the session of column 1 has more than 50 frames"));
}

TEST_F(SessionAssemblerTest, ASessionThatStartsAnewWithoutAnEndIsRefused) {
  SessionPlayer player = Join(0, {9});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  player.Restart(1);
  EXPECT_EQ(assembler_->Admit(player.Next().view(), 1).status(),
            absl::InvalidArgumentError(
                "unroll field 'flags': row 0 of column 0 does not go on with its session"));
}

TEST_F(TwoSessionsTest, MembersOfAnySpeedOnThreadsOfTheirOwn) {
  constexpr uint64_t kBatches = 50;
  const std::vector<std::vector<int64_t>> lengths = {{1, 2}, {-9, 30, 4}, {17}};
  std::atomic<uint64_t> published{1};
  std::vector<std::unique_ptr<SessionPlayer>> players;
  for (uint32_t actor = 0; actor < 3; ++actor) {
    players.push_back(std::make_unique<SessionPlayer>(Join(actor, lengths[actor])));
  }
  std::vector<Thread> threads;
  for (auto& player : players) {
    threads.emplace_back("member", [this, &published, player = player.get()] {
      for (;;) {
        const auto verdict = assembler_->Admit(player->Next().view(), player->version());
        if (!verdict.ok()) return;
        const bool wait = *verdict != UnrollVerdict::kAccepted;
        // As a rollout thread does: a newer version is taken as soon as it is there.
        if (wait && !Eventually([&] { return published > player->version(); })) return;
        if (published > player->version()) player->Restart(published);
      }
    });
  }
  for (uint64_t batch = 1; batch <= kBatches; ++batch) {
    Slab* slab = assembler_->NextFull();
    ASSERT_EQ(slab->columns(), 6);
    EXPECT_EQ(slab->T(), 64);
    EXPECT_EQ(slab->CountFrames(), 2 * (1 + 2 + 9 + 30 + 4 + 17));
    for (const SlabPart& part : slab->parts) EXPECT_EQ(part.policy_version, batch);
    // Batches of fixed lengths are the same whoever was faster, but for the random content.
    EXPECT_EQ(slab->episodes.size(), 12u);
    assembler_->Recycle(slab, batch + 1);
    published = batch + 1;
  }
  assembler_->Close(absl::CancelledError("the run is over"));
  published = kBatches + 2;  // whoever waits finds out
}

class PatientSessionsTest : public SessionAssemblerTest {
 protected:
  void Build(int64_t announced, double seconds) {
    SessionAssembler::Options options;
    options.wanted = {1, 50};
    options.announced = announced;
    options.straggler_seconds = seconds;
    assembler_ = std::make_unique<SessionAssembler>(AdmittedSpec(1), options);
  }
};

TEST_F(PatientSessionsTest, TheSilentAreLeftOutOfTheBatch) {
  Build(0, 0.02);
  SessionPlayer player = Join(0, {3});
  SessionPlayer silent = Join(1, {3});
  EXPECT_EQ(PlayToQuota(player), 1);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 1);
  EXPECT_TRUE(HoldsSessions(*slab, 0, player, 0, 1));
}

// One unroll each, and then nothing: nobody else could join, and no quota was ever met.
TEST_F(PatientSessionsTest, WhereNobodyGoesOnAllAreLeftOut) {
  Build(0, 0.01);
  SessionPlayer first = Join(0, {20}), second = Join(1, {20});
  EXPECT_EQ(Submit(first.Next()), UnrollVerdict::kAccepted);
  std::atomic<int> silent{0};
  assembler_->OnSilence([&](const std::vector<SilentMember>& members, double) {
    silent += static_cast<int>(members.size());
  });
  Slab* slab = nullptr;
  Thread trainer("trainer", [&] { slab = assembler_->NextFull(); });
  ASSERT_TRUE(Eventually([&] {
    assembler_->AddMember({1, 0, 1});  // opens its stream again
    return silent == 2;
  }));
  SessionPlayer honest = Join(2, {3});
  EXPECT_EQ(PlayToQuota(honest), 1);
  trainer.Join();
  ASSERT_EQ(slab->columns(), 1);
  EXPECT_TRUE(HoldsSessions(*slab, 0, honest, 0, 1));
}

TEST_F(PatientSessionsTest, WhoIsBackAndSilentAgainIsLeftOutAgain) {
  Build(0, 0.01);
  SessionPlayer player = Join(0, {20});
  std::atomic<int> silent{0};
  assembler_->OnSilence([&](const std::vector<SilentMember>&, double) { ++silent; });
  Thread trainer("trainer", [&] { assembler_->NextFull(); });
  ASSERT_TRUE(Eventually([&] { return silent == 1; }));
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  EXPECT_TRUE(Eventually([&] { return silent == 2; }));
  assembler_->Close(absl::CancelledError("over"));
  trainer.Join();
}

// They were counted by nobody: whoever met its quota, left and came again took all memory.
TEST_F(SessionAssemblerTest, SessionsOfThoseWhoLeftTakeNoMoreThanThereIs) {
  SessionAssembler::Options options;
  options.wanted = {1, 50};
  options.most_columns = 4;
  assembler_ = std::make_unique<SessionAssembler>(AdmittedSpec(1), options);
  SessionPlayer honest = Join(0, {3});
  for (uint32_t actor = 1; actor <= 8; ++actor) {
    SessionPlayer wide = Join(actor, {2, 2, 2});
    EXPECT_EQ(PlayToQuota(wide), 1);
    assembler_->RemoveMember(actor, 0);
  }
  EXPECT_EQ(PlayToQuota(honest), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 4);
}

// Their numbers were taken by narrow ones, and they were counted as these.
TEST_F(SessionAssemblerTest, SessionsOfThoseWhoseNumbersAreTakenCountAsTheyAre) {
  SessionAssembler::Options options;
  options.wanted = {1, 50};
  options.most_columns = 4;
  assembler_ = std::make_unique<SessionAssembler>(AdmittedSpec(1), options);
  SessionPlayer honest = Join(0, {3});
  for (uint32_t actor = 1; actor <= 8; ++actor) {
    SessionPlayer wide = Join(actor, {2, 2, 2});
    EXPECT_EQ(PlayToQuota(wide), 1);
    assembler_->RemoveMember(actor, 0);
    assembler_->AddMember({actor, 0, 1, /*on_probation=*/true, /*holder=*/9});
  }
  EXPECT_EQ(PlayToQuota(honest), 1);
  EXPECT_LE(assembler_->NextFull()->columns(), 4);
}

TEST_F(SessionAssemblerTest, SilentMembersPushNobodysSessionsOut) {
  SessionAssembler::Options options;
  options.wanted = {1, 50};
  options.most_columns = 4;
  assembler_ = std::make_unique<SessionAssembler>(AdmittedSpec(1), options);
  for (uint32_t actor = 5; actor < 9; ++actor) {
    assembler_->AddMember({actor, 0, 4, /*on_probation=*/true});
  }
  SessionPlayer honest = Join(0, {3}), other = Join(1, {3});
  EXPECT_EQ(PlayToQuota(honest), 1);
  assembler_->RemoveMember(0, 0);
  EXPECT_EQ(PlayToQuota(other), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

// The start of a batch, in the midst of their unrolls, hid how long these take.
TEST_F(PatientSessionsTest, SlowMembersBesideFastOnesAreWaitedFor) {
  Build(0, 0.05);
  SessionPlayer fast = Join(0, {3});
  SessionPlayer slow = Join(1, {3});
  uint64_t version = 1;
  int with_slow = 0;
  for (int batch = 0; batch < 6; ++batch) {
    fast.Restart(version);
    EXPECT_EQ(PlayToQuota(fast), 1);
    Thread late("late", [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(120));
      slow.Restart(version);
      (void)assembler_->Admit(slow.Next().view(), version);
    });
    Slab* slab = assembler_->NextFull();
    with_slow += slab->columns() == 2 ? 1 : 0;
    late.Join();
    assembler_->Recycle(slab, ++version);
  }
  EXPECT_GE(with_slow, 3);
}

TEST_F(PatientSessionsTest, WhoWasLeftOutBeginsItsSessionsAnew) {
  Build(0, 0.02);
  SessionPlayer player = Join(0, {3}), late = Join(1, {6});
  EXPECT_EQ(Submit(late.Next()), UnrollVerdict::kAccepted);
  EXPECT_EQ(PlayToQuota(player), 1);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 1);
  EXPECT_EQ(Submit(late.Next()), UnrollVerdict::kStale);
  assembler_->Recycle(slab, 2);
  player.Restart(2);
  late.Restart(2);
  EXPECT_EQ(PlayToQuota(late), 2);
  EXPECT_EQ(PlayToQuota(player), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

TEST_F(PatientSessionsTest, OneOnProbationIsWaitedForOnceItHasSentSomething) {
  Build(0, 0);
  SessionPlayer player = Join(0, {3});
  assembler_->AddMember({1, 0, 1, /*on_probation=*/true});
  EXPECT_EQ(PlayToQuota(player), 1);
  Slab* slab = assembler_->NextFull();
  ASSERT_EQ(slab->columns(), 1);
  assembler_->Recycle(slab, 2);
  SessionPlayer back(1, {6});
  back.Restart(2);
  EXPECT_EQ(Submit(back.Next()), UnrollVerdict::kAccepted);
  player.Restart(2);
  EXPECT_EQ(PlayToQuota(player), 1);
  EXPECT_EQ(PlayToQuota(back), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

TEST_F(PatientSessionsTest, TheFirstBatchWaitsForAllThatWereAnnounced) {
  Build(2, 0);
  SessionPlayer early = Join(0, {3});
  EXPECT_EQ(PlayToQuota(early), 1);
  SessionPlayer late = Join(1, {3});
  EXPECT_EQ(PlayToQuota(late), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

TEST_F(PatientSessionsTest, TheFirstBatchDoesNotWaitForEver) {
  Build(2, 0.02);
  SessionPlayer early = Join(0, {3});
  EXPECT_EQ(PlayToQuota(early), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 1);
}

TEST_F(PatientSessionsTest, ARefusedUnrollMakesTheMemberStartOver) {
  Build(0, 0);
  SessionPlayer player = Join(0, {5, 2});
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kAccepted);
  const Unroll bad = player.Next();
  assembler_->Refuse(bad.view());
  EXPECT_GT(PlayToQuota(player), 1);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2);
}

// It was heard of, and never done.
TEST_F(PatientSessionsTest, OneThatStartsOverForEverIsLeftOut) {
  Build(0, 0.02);
  SessionPlayer player = Join(0, {3}), liar = Join(1, {3});
  EXPECT_EQ(PlayToQuota(player), 1);
  std::atomic<bool> done{false};
  Thread lying("liar", [&] {
    while (!done) assembler_->Refuse(liar.Next().view());
  });
  Slab* slab = assembler_->NextFull();
  done = true;
  ASSERT_EQ(slab->columns(), 1);
}

TEST_F(PatientSessionsTest, AVersionOnceRefusedForItsAgeIsNotTakenAgain) {
  Build(0, 0);
  SessionPlayer player = Join(0, {3});
  EXPECT_EQ(PlayToQuota(player), 1);
  assembler_->Recycle(assembler_->NextFull(), 2);
  EXPECT_EQ(Submit(player.Next()), UnrollVerdict::kStale);
  const Unroll again = player.Next();
  EXPECT_TRUE(absl::IsInvalidArgument(assembler_->Admit(again.view(), 2).status()));
}

TEST_F(SessionAssemblerTest, CloseEndsTheWaitAndRefusesUnrolls) {
  SessionPlayer player = Join(0, {9});
  Slab* got = nullptr;
  Thread trainer("trainer", [&] { got = assembler_->NextFull(); });
  assembler_->Close(absl::CancelledError("the run is over"));
  trainer.Join();
  EXPECT_EQ(got, nullptr);
  EXPECT_EQ(assembler_->Admit(player.Next().view(), 1).status(),
            absl::CancelledError("the run is over"));
}

}  // namespace
}  // namespace nyala
