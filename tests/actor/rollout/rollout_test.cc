#include "actor/rollout/rollout.h"

#include <gtest/gtest.h>

#include <optional>

#include "actor/environment_registry.h"
#include "actor/rollout/session.h"
#include "common/base/thread.h"
#include "common/rl/episode_rows.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/fake_learner.h"
#include "tests/fakes/scripted_environment.h"

namespace nyala {
namespace {

using Submitted = FakeLearner::Submitted;

// A session that runs on a thread of its own until the test ends it.
class Running {
 public:
  Running(FakeLearner& learner, const JoinReply& reply, int64_t state_size = 0)
      : learner_(learner) {
    auto created = ActorSession::Create(reply, FakeInferenceFactory(state_size));
    EXPECT_TRUE(created.ok()) << created.status();
    session_ = *std::move(created);
    Start();
  }
  ~Running() {
    if (thread_) Halt().IgnoreError();
  }
  void Start() {
    thread_.emplace("session", [this] { status_ = session_->Run(learner_, 7); });
  }
  // Waits for an end that comes by itself.
  absl::Status Join() {
    thread_.reset();
    return status_;
  }
  absl::Status Halt() {
    session_->Halt();
    learner_.EndRun();
    return Join();
  }

 private:
  FakeLearner& learner_;
  std::unique_ptr<ActorSession> session_;
  absl::Status status_;
  std::optional<Thread> thread_;
};

UnrollSpec SpecOf(const std::string& id, int64_t T, int64_t E) {
  const EnvSpec spec = (*Environments().Create(id))->spec();
  return {T, E, spec.observation, spec.action, 0};
}

UnrollView ViewOf(const Submitted& unroll) {
  UnrollView view;
  view.id = unroll.id;
  view.T = unroll.T;
  view.E = unroll.E;
  view.observation_shape = unroll.observation_shape;
  view.observations = unroll.observations;
  view.actions = unroll.actions;
  view.log_mu = unroll.log_mu;
  view.rewards = unroll.rewards;
  view.flags = unroll.flags;
  view.initial_state = unroll.initial_state;
  view.episodes = unroll.episodes;
  return view;
}

TEST(Rollout, UnrollsAreValidAndNumberedWithoutGaps) {
  JoinReply reply = MakeJoinReply("Catch", 2, 3, 5);
  reply.actor = 4;
  FakeLearner learner(reply);
  Running running(learner, reply);
  for (uint32_t thread = 0; thread < 2; ++thread) {
    ASSERT_TRUE(learner.AwaitUnrollsOf(thread, 10));
  }
  EXPECT_TRUE(running.Halt().ok());
  for (uint32_t thread = 0; thread < 2; ++thread) {
    uint64_t sequence = 0;
    for (const Submitted& unroll : learner.unrolls(thread)) {
      EXPECT_EQ(unroll.id.sequence, ++sequence);
      EXPECT_EQ(unroll.id.actor, 4u);
      EXPECT_EQ(unroll.incarnation, 1u);
      EXPECT_TRUE(unroll.resume_state.empty());
      ASSERT_EQ(ValidateUnroll(ViewOf(unroll), SpecOf("Catch", 5, 3)), absl::OkStatus());
    }
  }
}

TEST(Rollout, ThreadsPlayDifferentEnvironments) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 2, 1, 2);
  FakeLearner learner(reply);
  learner.HoldSubmits(true);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_NE(learner.unrolls(0)[0].observations, learner.unrolls(1)[0].observations);
}

TEST(Rollout, AnUnrollIsActedUnderOneVersion) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 1, 4, 20);
  FakeLearner learner(reply);
  learner.PublishEvery(1);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrollUnder(5));
  EXPECT_TRUE(running.Halt().ok());
  uint64_t newest = 0;
  for (const Submitted& unroll : learner.unrolls()) {
    EXPECT_GE(unroll.policy_version, newest);
    newest = unroll.policy_version;
    // The fake policy tells its version in log_mu.
    for (const float log_mu : unroll.log_mu) {
      ASSERT_EQ(log_mu, -static_cast<float>(unroll.policy_version));
    }
  }
  EXPECT_GE(newest, 5u);
}

TEST(Rollout, BackPressureStopsTheEnvironments) {
  JoinReply reply = MakeJoinReply("Catch", 3, 2, 5);
  FakeLearner learner(reply);
  learner.HoldSubmits(true);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(3));
  learner.Publish(2);
  // All threads wait in Submit now: nothing more can come, whatever happens elsewhere.
  ASSERT_TRUE(learner.AwaitFetches(2));
  EXPECT_EQ(learner.unrolls().size(), 3u);
  learner.HoldSubmits(false);
  ASSERT_TRUE(learner.AwaitUnrolls(6));
}

TEST(Rollout, TellsThatItWaited) {
  JoinReply reply = MakeJoinReply("Catch", 1, 2, 5);
  FakeLearner learner(reply);
  learner.HoldSubmits(true);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(1));
  ASSERT_TRUE(learner.AwaitFetches(2));
  learner.HoldSubmits(false);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_GT(learner.unrolls()[1].waiting_fraction, 0);
}

TEST(Rollout, HaltEndsAThreadThatWaitsInSubmit) {
  JoinReply reply = MakeJoinReply("Catch", 2, 2, 5);
  FakeLearner learner(reply);
  learner.HoldSubmits(true);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_TRUE(running.Halt().ok());
}

TEST(SynchronousRollout, TakesEveryVersionOnce) {
  JoinReply reply = MakeJoinReply("Catch", 2, 2, 5, "a2c");
  FakeLearner learner(reply);
  learner.PublishEvery(2);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(40));
  EXPECT_TRUE(running.Halt().ok());
  for (uint32_t thread = 0; thread < 2; ++thread) {
    uint64_t version = 0;
    for (const Submitted& unroll : learner.unrolls(thread)) {
      EXPECT_EQ(unroll.policy_version, ++version);
    }
    EXPECT_GE(version, 19u);
  }
}

TEST(SynchronousRollout, WaitsForTheNextVersion) {
  JoinReply reply = MakeJoinReply("Catch", 1, 2, 5, "a2c");
  FakeLearner learner(reply);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(1));
  // It asks for version 2, which does not exist, and asks again.
  ASSERT_TRUE(learner.AwaitFetches(3));
  EXPECT_EQ(learner.unrolls().size(), 1u);
  // A version may be skipped (a late actor's unroll was refused).
  learner.Publish(4);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_EQ(learner.unrolls()[1].policy_version, 4u);
  EXPECT_GT(learner.unrolls()[1].waiting_fraction, 0);
}

TEST(SynchronousRollout, HaltEndsTheWaitForAVersion) {
  JoinReply reply = MakeJoinReply("Catch", 2, 2, 5, "a2c");
  FakeLearner learner(reply);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_TRUE(running.Halt().ok());
  EXPECT_EQ(learner.unrolls().size(), 2u);
}

TEST(WholeSessionsRollout, GoesOnUnderItsVersionUntilThereIsANewer) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 1, 3, 5, "reinforce");
  FakeLearner learner(reply);
  Running running(learner, reply, 1);
  ASSERT_TRUE(learner.AwaitUnrolls(6));
  learner.Publish(2);
  ASSERT_TRUE(learner.AwaitUnrollUnder(2));
  ASSERT_TRUE(learner.AwaitUnrolls(learner.unrolls().size() + 3));
  EXPECT_TRUE(running.Halt().ok());
  const std::vector<Submitted> unrolls = learner.unrolls();
  for (size_t k = 1; k < unrolls.size(); ++k) {
    EXPECT_EQ(unrolls[k].id.sequence, unrolls[k - 1].id.sequence + 1);
    for (int64_t e = 0; e < 3; ++e) {
      if (unrolls[k].policy_version == unrolls[k - 1].policy_version) {
        EXPECT_TRUE(RowFollows(unrolls[k - 1].flags[4 * 3 + e], unrolls[k].flags[e]));
      } else {
        // Every session is played under one version from its first frame.
        EXPECT_EQ(unrolls[k].flags[e] & kRowFirst, kRowFirst);
        EXPECT_EQ(unrolls[k].initial_state[e], 0);
      }
    }
  }
}

TEST(WholeSessionsRollout, WaitsForTheNextVersionOnceTheLearnerNeedsNoMore) {
  for (const UnrollVerdict verdict : {UnrollVerdict::kEnough, UnrollVerdict::kStale}) {
    JoinReply reply = MakeJoinReply("Catch", 1, 2, 5, "cem");
    reply.config.mutable_batch()->set_max_session_frames(50);
    FakeLearner learner(reply);
    learner.Answer(verdict);
    Running running(learner, reply);
    ASSERT_TRUE(learner.AwaitUnrolls(1));
    // It asks for version 2, which does not exist, and asks again.
    ASSERT_TRUE(learner.AwaitFetches(3));
    EXPECT_EQ(learner.unrolls().size(), 1u);
    learner.Answer(UnrollVerdict::kAccepted);
    learner.Publish(2);
    ASSERT_TRUE(learner.AwaitUnrolls(4));
    EXPECT_EQ(learner.unrolls()[1].policy_version, 2u);
    EXPECT_EQ(learner.unrolls()[3].policy_version, 2u);
  }
}

TEST(WholeSessionsRollout, StillWaitsAfterALostConnection) {
  JoinReply reply = MakeJoinReply("Catch", 1, 2, 5, "cem");
  reply.config.mutable_batch()->set_max_session_frames(50);
  FakeLearner learner(reply);
  learner.Answer(UnrollVerdict::kEnough);
  Running running(learner, reply);
  // Once it is there it has its answer.
  ASSERT_TRUE(learner.AwaitUnrolls(1));
  learner.Fail(absl::UnavailableError("gone"));
  EXPECT_TRUE(absl::IsUnavailable(running.Join()));
  learner.Fail(absl::OkStatus());
  running.Start();
  ASSERT_TRUE(learner.AwaitStreams(2));
  ASSERT_TRUE(learner.AwaitFetches(5));
  EXPECT_EQ(learner.unrolls().size(), 1u);
  learner.Publish(2);
  ASSERT_TRUE(learner.AwaitUnrollUnder(2));
}

TEST(WholeSessionsRollout, SessionsAreCutAtTheRunsLimit) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 1, 2, 20, "reinforce");
  reply.config.mutable_batch()->set_max_session_frames(4);
  FakeLearner learner(reply);
  Running running(learner, reply);
  ASSERT_TRUE(learner.AwaitUnrolls(2));
  EXPECT_TRUE(running.Halt().ok());
  const std::vector<EpisodeResult> episodes = learner.unrolls()[0].episodes;
  EXPECT_EQ(episodes.size(), 8u);  // of five rows each, in two columns
  for (const EpisodeResult& episode : episodes) {
    EXPECT_EQ(episode.length, 4u);
    EXPECT_TRUE(episode.truncated);
  }
}

TEST(ActorSession, EndsWithTheLearnersStatus) {
  for (const absl::Status& end :
       {absl::CancelledError("over"), absl::UnavailableError("gone"),
        absl::InvalidArgumentError("unroll field 'rewards': element 3 is nan")}) {
    JoinReply reply = MakeJoinReply("Catch", 2, 2, 5);
    FakeLearner learner(reply);
    Running running(learner, reply);
    ASSERT_TRUE(learner.AwaitUnrolls(4));
    learner.Fail(end);
    EXPECT_EQ(running.Join(), end);
  }
}

TEST(ActorSession, GoesOnWhereItIsAfterALostConnection) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 1, 2, 6);
  FakeLearner learner(reply);
  Running running(learner, reply, 1);
  ASSERT_TRUE(learner.AwaitUnrolls(5));
  learner.Fail(absl::UnavailableError("gone"));
  EXPECT_TRUE(absl::IsUnavailable(running.Join()));
  const size_t before = learner.unrolls().size();
  learner.Fail(absl::OkStatus());
  running.Start();
  ASSERT_TRUE(learner.AwaitUnrolls(before + 5));
  EXPECT_TRUE(running.Halt().ok());
  const std::vector<Submitted> unrolls = learner.unrolls();
  const size_t row = 2 * 4 * sizeof(float);
  for (size_t k = 1; k < unrolls.size(); ++k) {
    EXPECT_EQ(unrolls[k].id.sequence, unrolls[k - 1].id.sequence + 1);
    EXPECT_TRUE(std::equal(unrolls[k].observations.begin(), unrolls[k].observations.begin() + row,
                           unrolls[k - 1].observations.end() - row));
    for (int64_t e = 0; e < 2; ++e) {
      EXPECT_TRUE(RowFollows(unrolls[k - 1].flags[5 * 2 + e], unrolls[k].flags[e]));
    }
  }
}

TEST(ActorSession, RefusesWhatItCannotDo) {
  const auto create = [](const JoinReply& reply) {
    return ActorSession::Create(reply, FakeInferenceFactory()).status();
  };
  EXPECT_TRUE(absl::IsNotFound(create(MakeJoinReply("NoSuchThing", 1, 1, 5))));
  EXPECT_TRUE(absl::IsInvalidArgument(create(MakeJoinReply("Catch", 0, 1, 5))));
  EXPECT_TRUE(absl::IsInvalidArgument(create(MakeJoinReply("Catch", 1, 0, 5))));
  RegisterScriptedEnvironments();
  EXPECT_TRUE(absl::IsInvalidArgument(create(MakeJoinReply("Ending2", 1, 1, 5, "reinforce"))));
}

}  // namespace
}  // namespace nyala
