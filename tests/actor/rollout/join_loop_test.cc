#include "actor/rollout/join_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "common/base/thread.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/fake_learner.h"
#include "tests/fakes/faulty_environment.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

using testing::HasSubstr;
using Submitted = FakeLearner::Submitted;

// The loop on a thread of its own.
class Loop {
 public:
  explicit Loop(FakeLearner& learner, double connect_seconds = 1000,
                const Permission& permission = {},
                std::function<uint32_t(const RunConfig&)> choose_threads = nullptr)
      : learner_(learner) {
    options_.permission = permission;
    options_.learner = "host:1";
    options_.connect_seconds = connect_seconds;
    if (choose_threads == nullptr) options_.threads = 2;
    options_.choose_threads = std::move(choose_threads);
    options_.envs_per_thread = 3;
    // As the client's Shutdown does.
    stop_.OnStop([&] { learner_.EndRun(); });
    thread_.emplace("loop", [this] {
      status_ = RunJoinLoop(options_, learner_, FakeInferenceFactory(), stop_);
    });
  }
  ~Loop() {
    if (thread_) Stop().IgnoreError();
  }
  absl::Status Join() {
    thread_.reset();
    return status_;
  }
  void RequestStop() { stop_.RequestStop("test"); }
  absl::Status Stop() {
    RequestStop();
    return Join();
  }

 private:
  FakeLearner& learner_;
  ActorOptions options_;
  StopSource stop_;
  absl::Status status_ = absl::UnknownError("did not end");
  std::optional<Thread> thread_;
};

JoinReply Reply() {
  JoinReply reply = MakeJoinReply("Catch", 2, 3, 5);
  reply.config.mutable_transport()->set_reconnect_seconds(1000);
  return reply;
}

TEST(JoinLoop, EndsWellWhenTheRunIsOver) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(4));
  learner.EndRun();
  EXPECT_TRUE(loop.Join().ok());
  ASSERT_EQ(learner.joins().size(), 1u);
  EXPECT_EQ(learner.joins()[0].threads, 2u);
  EXPECT_EQ(learner.joins()[0].envs_per_thread, 3u);
  EXPECT_GT(learner.joins()[0].pid, 0);
  EXPECT_FALSE(learner.joins()[0].host.empty());
}

// It joined with the run's share and then with its own: two lines in the learner's log, the first
// of them wrong.
TEST(JoinLoop, AsksWhatTheRunIsAndJoinsWithTheThreadsThatItTakes) {
  FakeLearner learner(Reply());
  std::string environment;
  Loop loop(learner, 1000, {}, [&](const RunConfig& config) {
    environment = config.environment().id();
    return 3u;
  });
  ASSERT_TRUE(learner.AwaitUnrolls(4));
  learner.EndRun();
  EXPECT_TRUE(loop.Join().ok());
  EXPECT_EQ(environment, "Catch");
  ASSERT_EQ(learner.questions().size(), 1u);
  ASSERT_EQ(learner.joins().size(), 1u);
  EXPECT_EQ(learner.questions()[0].threads, 0u);
  EXPECT_EQ(learner.joins()[0].threads, 3u);
}

TEST(JoinLoop, SaysGoodbyeWhenItIsToldToStop) {
  JoinReply reply = Reply();
  reply.lease = 42;
  FakeLearner learner(reply);
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(4));
  EXPECT_TRUE(loop.Stop().ok());
  ASSERT_EQ(learner.goodbyes().size(), 1u);
  EXPECT_EQ(learner.goodbyes()[0].lease, 42u);
  EXPECT_EQ(learner.goodbyes()[0].reason, "told to stop: test");
  EXPECT_GT(learner.goodbyes()[0].pid, 0);
}

TEST(JoinLoop, SaysGoodbyeWhenItIsToldToStopWhileItJoins) {
  JoinReply reply = Reply();
  reply.lease = 42;
  FakeLearner learner(reply);
  std::optional<Loop> loop;
  std::promise<void> made;
  learner.WhileJoining([&] {
    made.get_future().wait();
    loop->RequestStop();
    EXPECT_TRUE(WaitUntil([&] { return !learner.goodbyes().empty(); }));
  });
  loop.emplace(learner);
  made.set_value();
  EXPECT_TRUE(loop->Join().ok());
  // Once before it knows its lease, and once more: the join may have come after the first.
  ASSERT_EQ(learner.goodbyes().size(), 2u);
  EXPECT_EQ(learner.goodbyes()[0].lease, 0u);
  EXPECT_EQ(learner.goodbyes()[0].actor_key, learner.joins()[0].actor_key);
  EXPECT_EQ(learner.goodbyes()[1].lease, 42u);
  EXPECT_TRUE(learner.unrolls().empty());
}

TEST(JoinLoop, SaysNoGoodbyeToARunThatIsOverOrNeverJoined) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(4));
  learner.EndRun();
  EXPECT_TRUE(loop.Join().ok());
  EXPECT_TRUE(learner.goodbyes().empty());
  FakeLearner away(Reply());
  away.Fail(absl::UnavailableError("refused"));
  Loop hopeless(away, 0.05);
  EXPECT_FALSE(hopeless.Join().ok());
  EXPECT_TRUE(away.goodbyes().empty());
}

TEST(JoinLoop, RejoinsALostLearnerAndGoesOn) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(4));
  learner.Fail(absl::UnavailableError("gone"));
  ASSERT_TRUE(learner.AwaitJoins(3));
  const size_t before = learner.unrolls().size();
  learner.Fail(absl::OkStatus());
  ASSERT_TRUE(learner.AwaitUnrolls(before + 4));
  EXPECT_TRUE(loop.Stop().ok());
  for (const JoinRequest& join : learner.joins()) {
    EXPECT_EQ(join.actor_key, learner.joins()[0].actor_key);
  }
  for (uint32_t thread = 0; thread < 2; ++thread) {
    uint64_t sequence = 0;
    for (const Submitted& unroll : learner.unrolls(thread)) {
      EXPECT_EQ(unroll.id.sequence, ++sequence);
    }
  }
}

TEST(JoinLoop, StartsOverForANewIncarnation) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(10));
  learner.Fail(absl::UnavailableError("gone"));
  ASSERT_TRUE(learner.AwaitJoins(2));
  const size_t before = learner.unrolls().size();
  JoinReply reply = Reply();
  reply.incarnation = 2;
  reply.actor = 7;
  learner.SetReply(reply);
  learner.Publish(1);
  learner.Fail(absl::OkStatus());
  ASSERT_TRUE(learner.AwaitUnrolls(before + 4));
  EXPECT_TRUE(loop.Stop().ok());
  const std::vector<Submitted> all = learner.unrolls();
  std::vector<uint64_t> sequence(2, 0);
  for (size_t k = before; k < all.size(); ++k) {
    EXPECT_EQ(all[k].incarnation, 2u);
    EXPECT_EQ(all[k].id.actor, 7u);
    EXPECT_EQ(all[k].id.sequence, ++sequence[all[k].id.thread]);
  }
}

TEST(JoinLoop, WaitsForALearnerThatIsNotThereYet) {
  FakeLearner learner(Reply());
  learner.Fail(absl::UnavailableError("connection refused"));
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitJoins(2));
  learner.Fail(absl::OkStatus());
  EXPECT_TRUE(learner.AwaitUnrolls(1));
}

TEST(JoinLoop, GivesUpOnALearnerThatIsNeverThere) {
  FakeLearner learner(Reply());
  learner.Fail(absl::UnavailableError("refused"));
  Loop loop(learner, 0.05);
  const absl::Status status = loop.Join();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot reach learner at host:1: refused"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("gave up"));
}

TEST(JoinLoop, GivesUpOnALearnerThatDoesNotComeBack) {
  JoinReply reply = Reply();
  reply.config.mutable_transport()->set_reconnect_seconds(0.05);
  FakeLearner learner(reply);
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  learner.Fail(absl::UnavailableError("gone"));
  EXPECT_TRUE(absl::IsUnavailable(loop.Join()));
}

TEST(JoinLoop, ARefusalIsFinalAndInTheLearnersWords) {
  FakeLearner learner(Reply());
  learner.Fail(absl::InvalidArgumentError("join: 70000 threads"));
  Loop loop(learner);
  EXPECT_EQ(loop.Join(), absl::InvalidArgumentError("join: 70000 threads"));
  EXPECT_EQ(learner.questions().size(), 1u);
}

TEST(JoinLoop, AMalformedUnrollIsFinal) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(1));
  learner.Fail(absl::InvalidArgumentError("unroll field 'rewards': element 3 is nan"));
  EXPECT_TRUE(absl::IsInvalidArgument(loop.Join()));
}

// Whatever code it failed with: it is not the learner that is away.
TEST(JoinLoop, AnEnvironmentThatFailsIsFinal) {
  RegisterFaultyEnvironment();
  FakeLearner learner(MakeJoinReply("Faulty,fault=fail,after=7", 1, 1, 5));
  Loop loop(learner);
  const absl::Status status = loop.Join();
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("environment 'Faulty,fault=fail,after=7' (number "));
  EXPECT_EQ(learner.joins().size(), 1u);
  ASSERT_EQ(learner.goodbyes().size(), 1u);
  EXPECT_EQ(learner.goodbyes()[0].reason, status.message());
}

TEST(JoinLoop, AnEnvironmentCannotSayThatTheRunIsOver) {
  RegisterFaultyEnvironment();
  FakeLearner learner(MakeJoinReply("Faulty,fault=cancel_making", 1, 1, 5));
  Loop loop(learner);
  EXPECT_TRUE(absl::IsInternal(loop.Join()));
}

// Before anything of it is made.
TEST(JoinLoop, WhatReachesOutsideIsRefusedUnlessAllowed) {
  static bool made = false;
  Environments().RegisterFamily("reaching:", "",
                                [](const EnvironmentId&) -> EnvironmentRegistry::Result {
                                  made = true;
                                  return Environments().Create("Catch");
                                });
  FakeLearner learner(MakeJoinReply("reaching:far", 1, 1, 5));
  {
    Loop loop(learner);
    const absl::Status status = loop.Join();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--allow=reaching:far"));
    EXPECT_FALSE(made);
    // It held a place for as long as a lease lasts, and the learner never heard why.
    EXPECT_TRUE(learner.joins().empty());
    ASSERT_EQ(learner.goodbyes().size(), 1u);
    EXPECT_EQ(learner.goodbyes()[0].lease, 0u);
    EXPECT_EQ(learner.goodbyes()[0].reason, status.message());
  }
  Permission permission;
  ASSERT_TRUE(permission.Allow("reaching:").ok());
  Loop loop(learner, 1000, permission);
  EXPECT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_TRUE(made);
}

TEST(JoinLoop, AnUnknownEnvironmentIsFinal) {
  FakeLearner learner(MakeJoinReply("CartPol-v1", 1, 1, 5));
  Loop loop(learner);
  EXPECT_TRUE(absl::IsNotFound(loop.Join()));
}

TEST(JoinLoop, RenewsItsLease) {
  JoinReply reply = Reply();
  reply.lease_seconds = 0.03;
  FakeLearner learner(reply);
  learner.LimitThreads(0);  // it never gets as far as a stream
  Loop loop(learner);
  EXPECT_TRUE(learner.AwaitRenewals(3));
  EXPECT_TRUE(loop.Stop().ok());
}

// One refused thread ended the whole session: the actor rejoined for ever, taking its others down.
TEST(JoinLoop, AThreadWithoutAPlaceDoesNotEndTheOthers) {
  FakeLearner learner(Reply());
  learner.LimitThreads(1);
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrollsOf(0, 10));
  learner.LimitThreads(2);
  ASSERT_TRUE(learner.AwaitUnrollsOf(1, 1));
  EXPECT_EQ(learner.joins().size(), 1u);
  EXPECT_TRUE(loop.Stop().ok());
}

TEST(JoinLoop, StartsOverInItsOldPlaceIfTheLearnerForgotIt) {
  FakeLearner learner(Reply());
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(10));
  learner.Fail(absl::UnavailableError("the lease has ended"));
  ASSERT_TRUE(learner.AwaitJoins(2));
  const size_t before = learner.unrolls().size();
  JoinReply reply = Reply();
  reply.continues = false;
  learner.SetReply(reply);
  learner.Fail(absl::OkStatus());
  ASSERT_TRUE(learner.AwaitUnrolls(before + 4));
  EXPECT_TRUE(loop.Stop().ok());
  EXPECT_EQ(learner.unrolls()[before].id.sequence, 1u);
}

TEST(JoinLoop, GoesOnWhenAnUnrollIsRefused) {
  FakeLearner learner(Reply());
  learner.Answer(UnrollVerdict::kRefused);
  Loop loop(learner);
  EXPECT_TRUE(learner.AwaitUnrolls(10));
  EXPECT_TRUE(loop.Stop().ok());
}

TEST(JoinLoop, StopsWhileTheLearnerIsAway) {
  FakeLearner learner(Reply());
  learner.Fail(absl::UnavailableError("gone"));
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitJoins(1));
  EXPECT_TRUE(loop.Stop().ok());
}

TEST(JoinLoop, StopsWhileBlockedInSubmit) {
  FakeLearner learner(Reply());
  learner.HoldSubmits(true);
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_TRUE(loop.Stop().ok());
}

TEST(JoinLoop, StopsWhileWaitingForAVersion) {
  FakeLearner learner(MakeJoinReply("Catch", 2, 3, 5, "a2c"));
  Loop loop(learner);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  ASSERT_TRUE(learner.AwaitFetches(2));
  EXPECT_TRUE(loop.Stop().ok());
}

}  // namespace
}  // namespace nyala
