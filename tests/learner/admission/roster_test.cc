#include "learner/admission/roster.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace nyala {
namespace {

using States = std::vector<std::string>;

// A joined actor with a stream per thread.
struct Joined {
  Roster::Slot slot;
  uint64_t lease = 0;
  bool continues = false;
  std::vector<uint64_t> streams;
};

Joined JoinOnly(Roster& roster, uint64_t key, uint32_t threads = 1, uint32_t envs = 4) {
  const auto joined = roster.Join(key, threads, envs);
  EXPECT_TRUE(joined.ok()) << joined.status();
  return {joined->slot, joined->lease, joined->continues, {}};
}

Joined JoinAndOpen(Roster& roster, uint64_t key, uint32_t threads = 1, uint32_t envs = 4) {
  Joined joined = JoinOnly(roster, key, threads, envs);
  for (uint32_t thread = 0; thread < joined.slot.threads; ++thread) {
    const auto opened = roster.OpenStream(joined.lease, thread);
    EXPECT_TRUE(opened.ok()) << opened.status();
    joined.streams.push_back(opened->number);
  }
  return joined;
}

void Leave(Roster& roster, const Joined& joined) {
  for (uint32_t thread = 0; thread < joined.streams.size(); ++thread) {
    EXPECT_TRUE(roster.CloseStream(joined.lease, thread, joined.streams[thread]).was_open);
  }
}

bool Claim(Roster& roster, const Joined& joined, uint32_t thread, uint64_t sequence) {
  const auto claimed = *roster.Claim(joined.lease, thread, joined.streams[thread], sequence);
  EXPECT_NE(claimed, Roster::Claimed::kGone);
  return claimed == Roster::Claimed::kFresh;
}

void Train(Roster& roster, const Joined& joined, uint32_t thread, const std::string& state,
           uint64_t lag = 0) {
  roster.RecordTrained(joined.slot.actor, thread, joined.slot.first_environment, lag, 4, state);
}

TEST(Roster, GivesTheLowestFreeSlotAndFreshEnvironments) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2, 8);
  const Joined b = JoinAndOpen(roster, 102, 1, 4);
  EXPECT_EQ(a.slot.actor, 0u);
  EXPECT_EQ(a.slot.first_environment, 0u);
  EXPECT_EQ(b.slot.actor, 1u);
  EXPECT_EQ(b.slot.first_environment, 16u);
  EXPECT_EQ(roster.next_environment(), 20u);
  EXPECT_EQ(roster.joined(), 2u);
  Leave(roster, a);
  EXPECT_EQ(roster.joined(), 1u);
  const Joined c = JoinAndOpen(roster, 103, 1, 4);
  EXPECT_EQ(c.slot.actor, 0u);
  EXPECT_EQ(c.slot.first_environment, 20u);
  EXPECT_EQ(roster.most_joined(), 2u);
}

TEST(Roster, WhoLeavesGivesUpItsPlaceAndItsStreams) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2, 8);
  const auto left = roster.Leave(a.lease);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->actor, 0u);
  EXPECT_EQ(left->threads, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(roster.joined(), 0u);
  EXPECT_FALSE(roster.CloseStream(a.lease, 0, a.streams[0]).was_open);
  EXPECT_TRUE(absl::IsUnavailable(roster.Renew(a.lease)));
  EXPECT_TRUE(absl::IsUnavailable(roster.Leave(a.lease).status()));
  EXPECT_EQ(JoinOnly(roster, 102, 1, 4).slot.actor, 0u);
}

TEST(Roster, EnvironmentsAreNeverGivenTwice) {
  Roster roster({}, 5);
  std::set<uint64_t> given;
  for (uint64_t key = 0; key < 50; ++key) {
    const Joined joined = JoinAndOpen(roster, key, 1 + key % 3, 2);
    for (uint64_t e = 0; e < joined.slot.threads * 2; ++e) {
      EXPECT_TRUE(given.insert(joined.slot.first_environment + e).second) << key;
    }
    if (key % 2 == 0) Leave(roster, joined);
  }
  EXPECT_EQ(*given.begin(), 5u);
}

TEST(Roster, JoiningAgainWithTheKeyKeepsTheSlot) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  JoinAndOpen(roster, 102);
  const Roster::Slot again = JoinOnly(roster, 101).slot;
  EXPECT_EQ(again.actor, a.slot.actor);
  EXPECT_EQ(again.first_environment, a.slot.first_environment);
  EXPECT_EQ(roster.joined(), 2u);
}

TEST(Roster, AnActorThatComesBackIsKnown) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(Claim(roster, a, 0, 5));
  Leave(roster, a);
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_EQ(back.slot.actor, a.slot.actor);
  EXPECT_EQ(back.slot.first_environment, a.slot.first_environment);
  EXPECT_FALSE(Claim(roster, back, 0, 5));
  EXPECT_TRUE(Claim(roster, back, 0, 6));
}

// The actor builds a new session for a new place, and numbers its unrolls from 1.
TEST(Roster, InAnotherPlaceNumbersStartAnew) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(Claim(roster, a, 0, 5));
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102);
  EXPECT_EQ(b.slot.actor, a.slot.actor);
  EXPECT_TRUE(Claim(roster, b, 0, 1));  // numbers of its own
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_NE(back.slot.actor, b.slot.actor);
  EXPECT_TRUE(Claim(roster, back, 0, 1));
  EXPECT_FALSE(Claim(roster, back, 0, 1));
}

TEST(Roster, ManyWhoCameAndWentAreRememberedEachByItsLatest) {
  Roster roster({}, 0);
  for (int i = 0; i < 3; ++i) {
    const Joined a = JoinAndOpen(roster, 7);
    EXPECT_TRUE(Claim(roster, a, 0, static_cast<uint64_t>(i) + 1));
    Leave(roster, a);
  }
  // As many others as are kept beside it.
  for (uint64_t key = 1000; key < 2023; ++key) Leave(roster, JoinAndOpen(roster, key));
  const Joined back = JoinAndOpen(roster, 7);
  EXPECT_FALSE(Claim(roster, back, 0, 3));
}

TEST(Roster, AnUnrollIsClaimedOnce) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2);
  EXPECT_TRUE(Claim(roster, a, 0, 1));
  EXPECT_FALSE(Claim(roster, a, 0, 1));
  EXPECT_TRUE(Claim(roster, a, 1, 1));
  EXPECT_TRUE(Claim(roster, a, 0, 7));
  EXPECT_FALSE(Claim(roster, a, 0, 3));
}

TEST(Roster, StreamsAreOfALeaseAndItsThreads) {
  Roster roster({}, 0);
  EXPECT_EQ(roster.OpenStream(0, 0).status().code(), absl::StatusCode::kUnavailable);
  const Joined a = JoinOnly(roster, 101, 2, 16);
  const auto opened = roster.OpenStream(a.lease, 1);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->columns, 16);
  EXPECT_EQ(opened->actor, a.slot.actor);
  EXPECT_EQ(roster.OpenStream(a.lease, 2).status().code(), absl::StatusCode::kInvalidArgument);
  // The label is no key.
  EXPECT_EQ(roster.OpenStream(a.slot.actor, 1).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Roster, ANewerStreamTakesOverAndTheOlderOneIsGone) {
  Roster roster({}, 0);
  const Joined a = JoinOnly(roster, 101, 1, 4);
  const uint64_t old_stream = roster.OpenStream(a.lease, 0)->number;
  EXPECT_EQ(*roster.Claim(a.lease, 0, old_stream, 9), Roster::Claimed::kFresh);
  const uint64_t new_stream = roster.OpenStream(a.lease, 0)->number;
  EXPECT_FALSE(roster.IsOpen(a.lease, 0, old_stream));
  EXPECT_TRUE(roster.IsOpen(a.lease, 0, new_stream));
  EXPECT_EQ(*roster.Claim(a.lease, 0, old_stream, 10), Roster::Claimed::kGone);
  EXPECT_EQ(*roster.Claim(a.lease, 0, new_stream, 10), Roster::Claimed::kFresh);
  EXPECT_FALSE(roster.CloseStream(a.lease, 0, old_stream).was_open);
  EXPECT_EQ(roster.joined(), 1u);
  const Roster::Closed closed = roster.CloseStream(a.lease, 0, new_stream);
  EXPECT_TRUE(closed.was_open);
  EXPECT_TRUE(closed.left);
  EXPECT_EQ(roster.joined(), 0u);
  EXPECT_FALSE(roster.CloseStream(a.lease, 0, new_stream).was_open);
}

TEST(Roster, AJoinEndsTheLeaseBeforeIt) {
  Roster roster({}, 0);
  const Joined before = JoinAndOpen(roster, 101, 2);
  const auto again = roster.Join(101, 2, 4);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->continues);
  EXPECT_NE(again->lease, before.lease);
  EXPECT_EQ(again->superseded, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(*roster.Claim(before.lease, 0, before.streams[0], 1), Roster::Claimed::kGone);
  EXPECT_TRUE(absl::IsUnavailable(roster.Renew(before.lease)));
  EXPECT_TRUE(absl::IsUnavailable(roster.OpenStream(before.lease, 0).status()));
  EXPECT_TRUE(roster.OpenStream(again->lease, 0).ok());
  EXPECT_EQ(roster.joined(), 1u);
}

// What stopped runs for good: a slow starter's place was given away while it made its environments.
TEST(Roster, ALeaseWithoutAStreamEndsUnlessItIsRenewed) {
  double now = 100;
  Roster::Options options;
  options.lease_seconds = 60;
  options.clock = [&now] { return now; };
  Roster roster({}, 0, options);
  const Joined silent = JoinOnly(roster, 101);
  const Joined renewing = JoinOnly(roster, 102);
  const Joined streaming = JoinAndOpen(roster, 103);
  for (int i = 0; i < 3; ++i) {
    now += 40;
    EXPECT_TRUE(roster.Renew(renewing.lease).ok());
    const auto expired = roster.Expire();
    ASSERT_EQ(expired.size(), i == 1 ? 1u : 0u);
    if (i == 1) {
      EXPECT_EQ(expired[0].actor, silent.slot.actor);
    }
  }
  EXPECT_TRUE(absl::IsUnavailable(roster.OpenStream(silent.lease, 0).status()));
  EXPECT_TRUE(roster.OpenStream(renewing.lease, 0).ok());
  EXPECT_EQ(*roster.Claim(streaming.lease, 0, streaming.streams[0], 1), Roster::Claimed::kFresh);
  // Who has the slot now is untouched by whoever had it before.
  const Joined successor = JoinAndOpen(roster, 104);
  EXPECT_EQ(successor.slot.actor, silent.slot.actor);
  EXPECT_TRUE(absl::IsUnavailable(roster.OpenStream(silent.lease, 0).status()));
  EXPECT_EQ(*roster.Claim(successor.lease, 0, successor.streams[0], 1), Roster::Claimed::kFresh);
}

TEST(Roster, WhoWasLeftOutIsOnProbationAndGoesOn) {
  Roster roster({}, 0);
  const Joined a = JoinOnly(roster, 101, 2);
  std::vector<uint64_t> streams;
  for (const uint32_t thread : {0, 1}) {
    const auto opened = roster.OpenStream(a.lease, thread);
    ASSERT_TRUE(opened.ok());
    EXPECT_FALSE(opened->on_probation);
    streams.push_back(opened->number);
  }
  // Somebody who had the slot before.
  EXPECT_FALSE(roster.LeaveOut(a.slot.actor, 1, a.slot.holder + 1).has_value());
  EXPECT_TRUE(roster.LeaveOut(a.slot.actor, 1, a.slot.holder).has_value());
  EXPECT_EQ(*roster.Claim(a.lease, 0, streams[0], 1), Roster::Claimed::kFresh);
  EXPECT_FALSE(roster.OpenStream(a.lease, 0)->on_probation);
  const auto again = roster.OpenStream(a.lease, 1);
  EXPECT_TRUE(again->on_probation);
  EXPECT_EQ(*roster.Claim(a.lease, 1, again->number, 1), Roster::Claimed::kBack);
  EXPECT_EQ(*roster.Claim(a.lease, 1, again->number, 2), Roster::Claimed::kFresh);
  EXPECT_FALSE(roster.LeaveOut(a.slot.actor, 7, a.slot.holder).has_value());
}

TEST(Roster, WhoComesAfterTheFirstBatchIsOnProbation) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  Train(roster, a, 0, "");
  EXPECT_TRUE(roster.OpenStream(JoinOnly(roster, 102).lease, 0)->on_probation);
}

TEST(Roster, HasRoomForSoManyMembers) {
  Roster::Options options;
  options.most_members = 2;
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101);
  JoinAndOpen(roster, 102);
  EXPECT_TRUE(absl::IsResourceExhausted(roster.Join(103, 1, 4).status()));
  EXPECT_EQ(JoinAndOpen(roster, 102).slot.actor, 1u);
  Leave(roster, a);
  EXPECT_TRUE(roster.Join(103, 1, 4).ok());
}

// What a newcomer of this key is judged by.
Roster::Sizes Beside(Roster& roster, uint64_t key, Roster::Slot* slot = nullptr) {
  Roster::Sizes sizes;
  const auto refuse = [&](const Roster::Slot& wanted, const Roster::Sizes& beside) {
    sizes = beside;
    if (slot != nullptr) *slot = wanted;
    return absl::ResourceExhaustedError("only asking");
  };
  EXPECT_TRUE(absl::IsResourceExhausted(roster.Join(key, 1, 1, "", refuse).status()));
  return sizes;
}

TEST(Roster, CountsWhatOthersTake) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2, 8);
  JoinAndOpen(roster, 102, 1, 4);
  EXPECT_EQ(Beside(roster, 101).columns, 4);
  EXPECT_EQ(Beside(roster, 102).columns, 16);
  EXPECT_EQ(Beside(roster, 103).columns, 20);
  EXPECT_EQ(Beside(roster, 103).actors, 2);
  EXPECT_EQ(Beside(roster, 103).threads, (std::map<uint32_t, int64_t>{{4, 1}, {8, 2}}));
  Leave(roster, a);
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  EXPECT_EQ(Beside(roster, 103).threads, (std::map<uint32_t, int64_t>{{4, 1}}));
}

// It asked for little and got the much that it had before.
TEST(Roster, WhoComesBackIsJudgedByTheSlotThatItGets) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 8, 16);
  Roster::Slot slot;
  Beside(roster, 101, &slot);
  EXPECT_EQ(slot.columns(), 128);
  Leave(roster, a);
  Beside(roster, 101, &slot);
  EXPECT_EQ(slot.columns(), 128);
  Beside(roster, 102, &slot);
  EXPECT_EQ(slot.columns(), 1);
}

// Whoever joined with thousands of threads, and renewed its lease or opened a stream that stayed
// silent, kept everybody else out.
TEST(Roster, CountsOnlyStreamsThatDeliver) {
  double now = 0;
  Roster::Options options;
  options.lease_seconds = 60;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinOnly(roster, 101, 1000);
  EXPECT_EQ(Beside(roster, 103).actors, 0);
  const auto opened = roster.OpenStream(a.lease, 7);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  now = 31;
  EXPECT_TRUE(roster.Expire().empty());
  EXPECT_EQ(Beside(roster, 103).actors, 0);
  EXPECT_EQ(Beside(roster, 103).columns, 0);
  // Opening it again changes nothing.
  const auto again = roster.OpenStream(a.lease, 7);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(Beside(roster, 103).columns, 0);
  // Slow, but honest: it counts from its first unroll on, if there is room by then.
  const auto full = [](const Roster::Slot&, const Roster::Sizes&) {
    return absl::ResourceExhaustedError("no room");
  };
  EXPECT_TRUE(absl::IsResourceExhausted(roster.Claim(a.lease, 7, again->number, 1, full).status()));
  EXPECT_EQ(Beside(roster, 103).columns, 0);
  EXPECT_EQ(*roster.Claim(a.lease, 7, opened->number, 1), Roster::Claimed::kGone);
  EXPECT_EQ(*roster.Claim(a.lease, 7, again->number, 1), Roster::Claimed::kFresh);
  // Counted, it is not judged again.
  EXPECT_EQ(*roster.Claim(a.lease, 7, again->number, 2, full), Roster::Claimed::kFresh);
  now = 31 + 600;
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  EXPECT_EQ(Beside(roster, 103).threads, (std::map<uint32_t, int64_t>{{4, 1}}));
  // One unroll does not keep others out for ever.
  now = 31 + 601;
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 0);
  EXPECT_EQ(*roster.Claim(a.lease, 7, again->number, 3), Roster::Claimed::kFresh);
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  EXPECT_TRUE(roster.Leave(a.lease).ok());
  EXPECT_EQ(Beside(roster, 103).actors, 0);
  EXPECT_TRUE(Beside(roster, 103).threads.empty());
}

TEST(Roster, WhomABatchWaitsForCountsUntilItIsLeftOut) {
  double now = 0;
  Roster::Options options;
  options.batches_wait = true;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101);
  now = 1000;
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  EXPECT_TRUE(roster.LeaveOut(a.slot.actor, 0, a.slot.holder).has_value());
  EXPECT_EQ(Beside(roster, 103).columns, 0);
  EXPECT_EQ(*roster.Claim(a.lease, 0, a.streams[0], 1), Roster::Claimed::kBack);
  now = 5000;
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 4);
}

// No batch waits for newcomers: silent ones kept everybody else out for ever.
TEST(Roster, WhoIsOnProbationCountsOnlyWhileItPrepares) {
  double now = 0;
  Roster::Options options;
  options.batches_wait = true;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101);
  Train(roster, a, 0, "");
  Leave(roster, a);
  JoinAndOpen(roster, 102);
  EXPECT_EQ(Beside(roster, 103).columns, 4);
  now = 31;
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 0);
}

// One peer that went before its time was over, and came again at once, kept everybody else out.
TEST(Roster, WhereActorsGoAgainAndAgainWithoutDeliveryNobodyCountsBeforeIt) {
  double now = 0;
  Roster::Options options;
  options.batches_wait = true;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  for (uint64_t key = 101; key <= 103; ++key) {
    const Joined idle = JoinAndOpen(roster, key);
    EXPECT_EQ(Beside(roster, 200).columns, 4);  // refuses: there is no room for it
    Leave(roster, idle);
  }
  const Joined idle = JoinOnly(roster, 104);
  EXPECT_TRUE(roster.OpenStream(idle.lease, 0)->on_probation);
  EXPECT_EQ(Beside(roster, 200).columns, 0);
  const Joined honest = JoinAndOpen(roster, 105);
  EXPECT_TRUE(Claim(roster, honest, 0, 1));
  EXPECT_EQ(Beside(roster, 200).columns, 4);
  // It is forgotten after ten leases.
  now = 700;
  JoinAndOpen(roster, 106);
  EXPECT_EQ(Beside(roster, 200).columns, 8);
}

// Three crashes at the start would have let the fastest decide what is learnt.
TEST(Roster, WhereThereIsRoomNothingChangesWhoeverGoes) {
  Roster roster({}, 0);
  for (uint64_t key = 101; key <= 105; ++key) Leave(roster, JoinAndOpen(roster, key));
  EXPECT_FALSE(roster.OpenStream(JoinOnly(roster, 106).lease, 0)->on_probation);
}

TEST(Roster, WhoHasDeliveredSinceIsNotLeftOut) {
  double now = 10;
  Roster::Options options;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101);
  now = 20;
  EXPECT_TRUE(Claim(roster, a, 0, 1));
  EXPECT_FALSE(roster.LeaveOut(a.slot.actor, 0, a.slot.holder, 15).has_value());
  EXPECT_TRUE(roster.LeaveOut(a.slot.actor, 0, a.slot.holder, 21).has_value());
}

TEST(Roster, BadUnrollsTakeNothingFromOthers) {
  double now = 0;
  Roster::Options options;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101);
  now = 31;
  EXPECT_EQ(*roster.Claim(a.lease, 0, a.streams[0], 1, nullptr, /*good=*/false),
            Roster::Claimed::kFresh);
  roster.Expire();
  EXPECT_EQ(Beside(roster, 103).columns, 0);
}

// By opening its stream again and again it would be waited for for ever.
TEST(Roster, WhoIsSilentForLongIsOnProbationWhenItOpensItsStreamAgain) {
  double now = 0;
  Roster::Options options;
  options.clock = [&] { return now; };
  Roster roster({}, 0, options);
  const Joined a = JoinOnly(roster, 101);
  const uint64_t number = roster.OpenStream(a.lease, 0)->number;
  now = 31;
  EXPECT_TRUE(roster.CloseStream(a.lease, 0, number).was_open);
  const Joined again = JoinOnly(roster, 101, 2);
  EXPECT_FALSE(roster.OpenStream(again.lease, 0)->on_probation);  // it had left
  now = 62;
  EXPECT_TRUE(roster.OpenStream(JoinOnly(roster, 101, 2).lease, 0)->on_probation);
}

TEST(Roster, AStreamIsJudgedWithTheOthersOfItsActor) {
  Roster roster({}, 0);
  const Joined a = JoinOnly(roster, 101, 3);
  JoinAndOpen(roster, 102, 1);
  std::vector<int64_t> asked;
  const auto fits = [&](const Roster::Slot& slot, const Roster::Sizes& beside) {
    asked.push_back(slot.columns());
    EXPECT_EQ(beside.columns, 4);
    return asked.size() < 3 ? absl::OkStatus() : absl::ResourceExhaustedError("no room");
  };
  EXPECT_TRUE(roster.OpenStream(a.lease, 0, fits).ok());
  EXPECT_TRUE(roster.OpenStream(a.lease, 0, fits).ok());  // takes over
  EXPECT_TRUE(absl::IsResourceExhausted(roster.OpenStream(a.lease, 1, fits).status()));
  EXPECT_EQ(asked, (std::vector<int64_t>{4, 4, 8}));
  EXPECT_EQ(Beside(roster, 103).columns, 8);
}

TEST(Roster, TheIdleTakeNobodysPlace) {
  Roster::Options options;
  options.most_members = 2;
  Roster roster({}, 0, options);
  for (uint64_t key = 1; key <= 7; ++key) EXPECT_TRUE(roster.Join(key, 1, 4).ok());
  JoinAndOpen(roster, 101);
  // As many as there may ever be.
  EXPECT_TRUE(absl::IsResourceExhausted(roster.Join(102, 1, 4).status()));
}

TEST(Roster, WhoHasNotHeardOfItsLeaseMayLeaveByItsKey) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2);
  const auto left = roster.LeaveByKey(101);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->actor, a.slot.actor);
  EXPECT_EQ(left->threads.size(), 2u);
  EXPECT_TRUE(absl::IsUnavailable(roster.Renew(a.lease)));
  EXPECT_TRUE(absl::IsNotFound(roster.LeaveByKey(101).status()));
}

TEST(Roster, WhoComesBackIsToldWhetherItGoesOn) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_FALSE(a.continues);
  Leave(roster, a);
  EXPECT_TRUE(JoinOnly(roster, 101).continues);
}

TEST(Roster, ASlotLivesAsLongAsOneOfItsStreams) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2);
  EXPECT_TRUE(roster.CloseStream(a.lease, 0, a.streams[0]).was_open);
  EXPECT_EQ(roster.joined(), 1u);
  EXPECT_TRUE(roster.CloseStream(a.lease, 1, a.streams[1]).left);
  EXPECT_EQ(roster.joined(), 0u);
}

TEST(Roster, ANewcomerGoesOnWhereASynchronousActorWasLeft) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2, 4);
  Train(roster, a, 0, "state of thread 0");
  Train(roster, a, 1, "state of thread 1");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102, 2, 4);
  EXPECT_EQ(b.slot.actor, a.slot.actor);
  EXPECT_EQ(b.slot.first_environment, a.slot.first_environment);
  EXPECT_EQ(b.slot.resume_states, (States{"state of thread 0", "state of thread 1"}));
}

TEST(Roster, WhereOneActorAfterAnotherEndsNobodyIsResumedAgain) {
  Roster roster({}, 0);
  const Joined first = JoinAndOpen(roster, 101);
  Train(roster, first, 0, "here it fails");
  Leave(roster, first);
  // One that gets further makes up for those before it.
  Leave(roster, JoinAndOpen(roster, 102));
  Leave(roster, JoinAndOpen(roster, 103));
  const Joined further = JoinAndOpen(roster, 104);
  Train(roster, further, 0, "or here");
  Leave(roster, further);
  for (uint64_t key = 105; key < 108; ++key) {
    const Joined stuck = JoinAndOpen(roster, key);
    EXPECT_EQ(stuck.slot.resume_states, States{"or here"});
    Leave(roster, stuck);
  }
  EXPECT_TRUE(roster.ForCheckpoint().empty());
  const Joined afresh = JoinAndOpen(roster, 108);
  EXPECT_TRUE(afresh.slot.resume_states.empty());
  EXPECT_EQ(afresh.slot.first_environment, 4u);
}

TEST(Roster, WhatIsTrainedOnAfterItsActorLeftStillCounts) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  Train(roster, a, 0, "before");
  Leave(roster, a);
  Train(roster, a, 0, "after");
  ASSERT_EQ(roster.ForCheckpoint().size(), 1u);
  EXPECT_EQ(roster.ForCheckpoint()[0].resume_states, States{"after"});
  EXPECT_EQ(JoinAndOpen(roster, 102).slot.resume_states, States{"after"});
}

TEST(Roster, OfAnotherShapeItStartsAfresh) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 1, 4);
  Train(roster, a, 0, "state");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102, 1, 8);
  EXPECT_EQ(b.slot.first_environment, 4u);
  EXPECT_TRUE(b.slot.resume_states.empty());
}

TEST(Roster, WhoseEnvironmentsWereTakenOverDoesNotComeBackToThem) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(Claim(roster, a, 0, 3));
  Train(roster, a, 0, "early");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102);
  Train(roster, b, 0, "late");
  Leave(roster, b);
  // The slot is free again, but its environments are at "late".
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_EQ(back.slot.resume_states, States{"late"});
  EXPECT_TRUE(Claim(roster, back, 0, 1));
}

TEST(Roster, ACheckpointHasWhoIsThereAndWhoLeft) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  const Joined b = JoinAndOpen(roster, 102);
  Train(roster, a, 0, "left", 1);
  Train(roster, b, 0, "here", 2);
  Leave(roster, a);
  const std::vector<ActorSlot> slots = roster.ForCheckpoint();
  ASSERT_EQ(slots.size(), 2u);
  EXPECT_EQ(slots[0].resume_states, States{"left"});
  EXPECT_EQ(slots[1].resume_states, States{"here"});
  EXPECT_EQ(slots[1].first_environment, 4u);

  Roster resumed(slots, roster.next_environment());
  EXPECT_EQ(JoinOnly(resumed, 201).slot.resume_states, States{"left"});
  EXPECT_EQ(JoinOnly(resumed, 202).slot.resume_states, States{"here"});
  const Roster::Slot third = JoinOnly(resumed, 203).slot;
  EXPECT_TRUE(third.resume_states.empty());
  EXPECT_EQ(third.first_environment, 8u);
}

TEST(Roster, StatesThatAreTooLargeAreNotKept) {
  Roster::Options options;
  options.most_state_bytes = 80;
  Roster roster({}, 0, options);
  const Joined a = JoinAndOpen(roster, 101, 2, 4);
  Train(roster, a, 0, std::string(40, 'x'));
  Train(roster, a, 1, std::string(41, 'y'));
  EXPECT_EQ(roster.ForCheckpoint().at(0).resume_states, (States{std::string(40, 'x'), ""}));
}

TEST(Roster, LagIsThatOfTheActorsPresent) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101), b = JoinAndOpen(roster, 102);
  Train(roster, a, 0, "", 2);
  Train(roster, b, 0, "", 6);
  roster.RecordTrained(9, 0, 7, 100, 3, "");  // gone already
  EXPECT_EQ(roster.LagSummary().max, 6.0);
}

TEST(Roster, ALateStateOfAnEarlierOwnerIsDropped) {
  Roster roster({}, 0);
  const Joined earlier = JoinAndOpen(roster, 101, 4, 2);
  Leave(roster, earlier);
  const Joined b = JoinAndOpen(roster, 102, 1, 2);
  ASSERT_EQ(b.slot.actor, 0u);
  Train(roster, earlier, 3, "of the fourth thread");
  Train(roster, earlier, 0, "of the first");
  EXPECT_TRUE(roster.ForCheckpoint().at(0).resume_states.empty());
}

}  // namespace
}  // namespace nyala
