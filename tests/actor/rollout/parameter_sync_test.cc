#include "actor/rollout/parameter_sync.h"

#include <gtest/gtest.h>

#include "common/base/thread.h"
#include "tests/fakes/fake_learner.h"

namespace nyala {
namespace {

JoinReply AnyReply() { return MakeJoinReply("Catch", 1, 1, 1); }

TEST(ParameterSync, FetchesWhatIsWaitedFor) {
  FakeLearner learner(AnyReply());
  ParameterSync sync(learner, 7, 1);
  const auto first = sync.WaitFor(1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->version, 1u);
  learner.Publish(5);
  const auto newest = sync.WaitFor(3);
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_EQ((*newest)->version, 5u);
}

TEST(ParameterSync, DoesNotFetchWhatIsAtHand) {
  FakeLearner learner(AnyReply());
  ParameterSync sync(learner, 7, 1);
  const auto first = sync.WaitFor(1);
  learner.Publish(2);
  const auto again = sync.WaitFor(1);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *first);
}

TEST(ParameterSync, WaitsForAVersionThatDoesNotExistYet) {
  FakeLearner learner(AnyReply());
  // Short enough for several attempts.
  ParameterSync sync(learner, 7, 1, absl::Milliseconds(2));
  Thread publisher("publisher", [&] {
    EXPECT_TRUE(learner.AwaitFetches(3));
    learner.Publish(2);
  });
  const auto second = sync.WaitFor(2);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->version, 2u);
}

TEST(ParameterSync, WantedParametersComeWithoutWaiting) {
  FakeLearner learner(AnyReply());
  learner.Publish(4);
  ParameterSync sync(learner, 7, 1);
  sync.Want(2);
  EXPECT_TRUE(learner.AwaitFetches(1));
  const auto any = sync.WaitFor(1);
  ASSERT_TRUE(any.ok());
  EXPECT_EQ((*any)->version, 4u);
}

TEST(ParameterSync, HasAtMostOneCallInFlight) {
  FakeLearner learner(AnyReply());
  ParameterSync sync(learner, 7, 1, absl::Milliseconds(1));
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("waiter", [&] {
        for (uint64_t version = 1; version <= 20; ++version) {
          EXPECT_TRUE(sync.WaitFor(version).ok());
          learner.Publish(version + 1);
        }
      });
    }
  }
  EXPECT_EQ(learner.most_fetches_at_once(), 1);
}

TEST(ParameterSync, StopWakesWhoWaits) {
  FakeLearner learner(AnyReply());
  ParameterSync sync(learner, 7, 1, absl::Milliseconds(5));
  Thread stopper("stopper", [&] {
    EXPECT_TRUE(learner.AwaitFetches(2));
    sync.Stop();
  });
  EXPECT_TRUE(absl::IsCancelled(sync.WaitFor(100).status()));
  EXPECT_TRUE(absl::IsCancelled(sync.WaitFor(1).status()));
}

TEST(ParameterSync, PassesOnTheLearnersError) {
  FakeLearner learner(AnyReply());
  ParameterSync sync(learner, 7, 1);
  ASSERT_TRUE(sync.WaitFor(1).ok());
  learner.Fail(absl::UnavailableError("gone"));
  EXPECT_TRUE(absl::IsUnavailable(sync.WaitFor(2).status()));
}

// Another learner in the place of the old one, with versions of its own.
class RestartedLearner : public FakeLearner {
 public:
  using FakeLearner::FakeLearner;
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration timeout) override {
    return FakeLearner::FetchParameters({request.lease, request.incarnation, 0, 0}, timeout);
  }
};

TEST(ParameterSync, AnOlderVersionMeansAnotherLearner) {
  RestartedLearner learner(AnyReply());
  learner.Publish(9);
  ParameterSync sync(learner, 7, 1);
  ASSERT_TRUE(sync.WaitFor(9).ok());
  learner.Publish(3);
  EXPECT_TRUE(absl::IsUnavailable(sync.WaitFor(10).status()));
}

}  // namespace
}  // namespace nyala
