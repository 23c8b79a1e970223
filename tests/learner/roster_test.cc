#include "learner/roster.h"

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
  std::vector<uint64_t> streams;
};

Joined JoinAndOpen(Roster& roster, uint64_t key, uint32_t threads = 1, uint32_t envs = 4) {
  Joined joined{roster.Join(key, threads, envs), {}};
  for (uint32_t thread = 0; thread < joined.slot.threads; ++thread) {
    const auto opened = roster.OpenStream(joined.slot.actor, thread);
    EXPECT_TRUE(opened.ok()) << opened.status();
    joined.streams.push_back(opened->number);
  }
  return joined;
}

void Leave(Roster& roster, const Joined& joined) {
  for (uint32_t thread = 0; thread < joined.streams.size(); ++thread) {
    EXPECT_TRUE(roster.CloseStream(joined.slot.actor, thread, joined.streams[thread]));
  }
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
  EXPECT_EQ(roster.departures(), 0u);
  Leave(roster, a);
  EXPECT_EQ(roster.joined(), 1u);
  EXPECT_EQ(roster.departures(), 1u);
  const Joined c = JoinAndOpen(roster, 103, 1, 4);
  EXPECT_EQ(c.slot.actor, 0u);
  EXPECT_EQ(c.slot.first_environment, 20u);
  EXPECT_EQ(roster.most_joined(), 2u);
}

TEST(Roster, AnActorThatHasNotBegunMayAskForAnotherShare) {
  Roster roster({}, 0);
  EXPECT_EQ(roster.Join(101, 1, 8).threads, 1u);
  const Roster::Slot slot = roster.Join(101, 4, 8);
  EXPECT_EQ(slot.actor, 0u);
  EXPECT_EQ(slot.threads, 4u);
  EXPECT_EQ(slot.first_environment, 8u);
  EXPECT_EQ(roster.joined(), 1u);
  EXPECT_EQ(roster.most_joined(), 1u);
  EXPECT_EQ(roster.departures(), 0u);
  EXPECT_EQ(JoinAndOpen(roster, 101, 4, 8).streams.size(), 4u);
  // One that has begun keeps its share.
  EXPECT_EQ(roster.Join(101, 2, 8).threads, 4u);
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
  const Roster::Slot again = roster.Join(101, 1, 4);
  EXPECT_EQ(again.actor, a.slot.actor);
  EXPECT_EQ(again.first_environment, a.slot.first_environment);
  EXPECT_EQ(roster.joined(), 2u);
}

TEST(Roster, AnActorThatComesBackIsKnown) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(roster.Claim({a.slot.actor, 0, 5}));
  Leave(roster, a);
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_EQ(back.slot.actor, a.slot.actor);
  EXPECT_EQ(back.slot.first_environment, a.slot.first_environment);
  EXPECT_FALSE(roster.Claim({back.slot.actor, 0, 5}));
  EXPECT_TRUE(roster.Claim({back.slot.actor, 0, 6}));
}

// The actor builds a new session for a new place, and numbers its unrolls from 1.
TEST(Roster, InAnotherPlaceNumbersStartAnew) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(roster.Claim({a.slot.actor, 0, 5}));
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102);
  EXPECT_EQ(b.slot.actor, a.slot.actor);
  EXPECT_TRUE(roster.Claim({b.slot.actor, 0, 1}));  // numbers of its own
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_NE(back.slot.actor, b.slot.actor);
  EXPECT_TRUE(roster.Claim({back.slot.actor, 0, 1}));
  EXPECT_FALSE(roster.Claim({back.slot.actor, 0, 1}));
}

TEST(Roster, ManyWhoCameAndWentAreRememberedEachByItsLatest) {
  Roster roster({}, 0);
  for (int i = 0; i < 3; ++i) {
    const Joined a = JoinAndOpen(roster, 7);
    EXPECT_TRUE(roster.Claim({a.slot.actor, 0, static_cast<uint64_t>(i) + 1}));
    Leave(roster, a);
  }
  // As many others as are kept beside it.
  for (uint64_t key = 1000; key < 2023; ++key) Leave(roster, JoinAndOpen(roster, key));
  const Joined back = JoinAndOpen(roster, 7);
  EXPECT_FALSE(roster.Claim({back.slot.actor, 0, 3}));
}

TEST(Roster, AnUnrollIsClaimedOnce) {
  Roster roster({}, 0);
  const uint32_t actor = JoinAndOpen(roster, 101, 2).slot.actor;
  EXPECT_TRUE(roster.Claim({actor, 0, 1}));
  EXPECT_FALSE(roster.Claim({actor, 0, 1}));
  EXPECT_TRUE(roster.Claim({actor, 1, 1}));
  EXPECT_TRUE(roster.Claim({actor, 0, 7}));
  EXPECT_FALSE(roster.Claim({actor, 0, 3}));
  EXPECT_FALSE(roster.Claim({actor + 1, 0, 1}));
}

TEST(Roster, StreamsAreForJoinedThreadsOnly) {
  Roster roster({}, 0);
  EXPECT_EQ(roster.OpenStream(0, 0).status().code(), absl::StatusCode::kInvalidArgument);
  const Roster::Slot slot = roster.Join(101, 2, 16);
  const auto opened = roster.OpenStream(slot.actor, 1);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->columns, 16);
  EXPECT_EQ(roster.OpenStream(slot.actor, 2).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Roster, ANewerStreamTakesOver) {
  Roster roster({}, 0);
  const Roster::Slot slot = roster.Join(101, 1, 4);
  const uint64_t old_stream = roster.OpenStream(slot.actor, 0)->number;
  const uint64_t new_stream = roster.OpenStream(slot.actor, 0)->number;
  EXPECT_FALSE(roster.CloseStream(slot.actor, 0, old_stream));
  EXPECT_EQ(roster.joined(), 1u);
  EXPECT_TRUE(roster.CloseStream(slot.actor, 0, new_stream));
  EXPECT_EQ(roster.joined(), 0u);
  EXPECT_FALSE(roster.CloseStream(slot.actor, 0, new_stream));
}

TEST(Roster, ASlotLivesAsLongAsOneOfItsStreams) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2);
  EXPECT_TRUE(roster.CloseStream(a.slot.actor, 0, a.streams[0]));
  EXPECT_EQ(roster.joined(), 1u);
  EXPECT_TRUE(roster.CloseStream(a.slot.actor, 1, a.streams[1]));
  EXPECT_EQ(roster.joined(), 0u);
}

TEST(Roster, ANewcomerGoesOnWhereASynchronousActorWasLeft) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 2, 4);
  roster.RecordTrained(a.slot.actor, 0, 0, 4, "state of thread 0");
  roster.RecordTrained(a.slot.actor, 1, 0, 4, "state of thread 1");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102, 2, 4);
  EXPECT_EQ(b.slot.actor, a.slot.actor);
  EXPECT_EQ(b.slot.first_environment, a.slot.first_environment);
  EXPECT_EQ(b.slot.resume_states, (States{"state of thread 0", "state of thread 1"}));
}

TEST(Roster, WhereOneActorAfterAnotherEndsNobodyIsResumedAgain) {
  Roster roster({}, 0);
  const Joined first = JoinAndOpen(roster, 101);
  roster.RecordTrained(first.slot.actor, 0, 0, 4, "here it fails");
  Leave(roster, first);
  // One that gets further makes up for those before it.
  Leave(roster, JoinAndOpen(roster, 102));
  Leave(roster, JoinAndOpen(roster, 103));
  const Joined further = JoinAndOpen(roster, 104);
  roster.RecordTrained(further.slot.actor, 0, 0, 4, "or here");
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
  roster.RecordTrained(a.slot.actor, 0, 0, 4, "before");
  Leave(roster, a);
  roster.RecordTrained(a.slot.actor, 0, 0, 4, "after");
  ASSERT_EQ(roster.ForCheckpoint().size(), 1u);
  EXPECT_EQ(roster.ForCheckpoint()[0].resume_states, States{"after"});
  EXPECT_EQ(JoinAndOpen(roster, 102).slot.resume_states, States{"after"});
}

TEST(Roster, OfAnotherShapeItStartsAfresh) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101, 1, 4);
  roster.RecordTrained(a.slot.actor, 0, 0, 4, "state");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102, 1, 8);
  EXPECT_EQ(b.slot.first_environment, 4u);
  EXPECT_TRUE(b.slot.resume_states.empty());
}

TEST(Roster, WhoseEnvironmentsWereTakenOverDoesNotComeBackToThem) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  EXPECT_TRUE(roster.Claim({a.slot.actor, 0, 3}));
  roster.RecordTrained(a.slot.actor, 0, 0, 4, "early");
  Leave(roster, a);
  const Joined b = JoinAndOpen(roster, 102);
  roster.RecordTrained(b.slot.actor, 0, 0, 4, "late");
  Leave(roster, b);
  // The slot is free again, but its environments are at "late".
  const Joined back = JoinAndOpen(roster, 101);
  EXPECT_EQ(back.slot.resume_states, States{"late"});
  EXPECT_TRUE(roster.Claim({back.slot.actor, 0, 1}));
}

TEST(Roster, ACheckpointHasWhoIsThereAndWhoLeft) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  const Joined b = JoinAndOpen(roster, 102);
  roster.RecordTrained(a.slot.actor, 0, 1, 4, "left");
  roster.RecordTrained(b.slot.actor, 0, 2, 4, "here");
  Leave(roster, a);
  const std::vector<ActorSlot> slots = roster.ForCheckpoint();
  ASSERT_EQ(slots.size(), 2u);
  EXPECT_EQ(slots[0].resume_states, States{"left"});
  EXPECT_EQ(slots[1].resume_states, States{"here"});
  EXPECT_EQ(slots[1].first_environment, 4u);

  Roster resumed(slots, roster.next_environment());
  EXPECT_EQ(resumed.Join(201, 1, 4).resume_states, States{"left"});
  EXPECT_EQ(resumed.Join(202, 1, 4).resume_states, States{"here"});
  const Roster::Slot third = resumed.Join(203, 1, 4);
  EXPECT_TRUE(third.resume_states.empty());
  EXPECT_EQ(third.first_environment, 8u);
}

TEST(Roster, LagIsCountedByActorAndColumn) {
  Roster roster({}, 0);
  const Joined a = JoinAndOpen(roster, 101);
  roster.RecordTrained(a.slot.actor, 0, 2, 4, "");
  roster.RecordTrained(a.slot.actor, 0, 4, 4, "");
  roster.RecordTrained(9, 0, 1, 3, "");  // gone already
  const auto lag = roster.lag_by_actor();
  ASSERT_EQ(lag.size(), 2u);
  EXPECT_EQ(lag.at(0).count(), 8u);
  EXPECT_EQ(lag.at(0).Mean(), 3.0);
  EXPECT_EQ(lag.at(9).count(), 3u);
}

TEST(Roster, ALateStateOfAnEarlierOwnerWithMoreThreadsIsDropped) {
  Roster roster({}, 0);
  Leave(roster, JoinAndOpen(roster, 101, 4, 2));
  const Joined b = JoinAndOpen(roster, 102, 1, 2);
  ASSERT_EQ(b.slot.actor, 0u);
  roster.RecordTrained(0, 3, 0, 2, "of the fourth thread");
  EXPECT_TRUE(roster.ForCheckpoint().at(0).resume_states.empty());
}

}  // namespace
}  // namespace nyala
