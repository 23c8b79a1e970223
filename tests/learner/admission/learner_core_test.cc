#include "learner/admission/learner_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include "common/base/thread.h"
#include "learner/batches/async_assembler.h"
#include "learner/batches/sync_assembler.h"
#include "tests/learner/batches/admitted.h"
#include "tests/support/unroll_mutations.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

using testing::HasSubstr;

constexpr int64_t kE = 4;

std::shared_ptr<const ParameterSnapshot> Version(uint64_t version) {
  return std::make_shared<const ParameterSnapshot>(ParameterSnapshot{version, 7, {1.0f}});
}

// A learner with two slabs of eight columns, at version 5.
class LearnerCoreTest : public testing::Test {
 protected:
  LearnerCoreTest() : roster_({}, 0, RosterOptions()) { Build("impala"); }

  Roster::Options RosterOptions() {
    Roster::Options options;
    options.batches_wait = true;
    options.clock = [this] { return now_.load(); };
    return options;
  }

  void Build(const std::string& algorithm, double straggler_seconds = 0, int announced = 0) {
    LearnerCore::Options options;
    options.message_memory = message_memory_;
    options.column_bytes = 100;
    options.most_bytes = 100 * most_columns_;
    options.config.mutable_algorithm()->set_name(algorithm);
    options.config.mutable_actor()->set_threads(2);
    options.config.mutable_actor()->set_envs_per_thread(kE);
    options.config.mutable_transport()->set_max_message_bytes(4096);
    options.unroll = AdmittedSpec(0);
    options.run_id = "run-of-the-test";
    options.run_dir = "/runs/test";
    options.incarnation = 3;
    if (algorithm == "a2c") {
      SyncAssembler::Options sync;
      sync.version = 5;
      sync.straggler_seconds = straggler_seconds;
      sync.announced = announced;
      assembler_ = std::make_unique<SyncAssembler>(AdmittedSpec(0), sync);
    } else {
      AsyncAssembler::Options async;
      async.columns = 8;
      async.max_policy_lag = 3;
      assembler_ = std::make_unique<AsyncAssembler>(AdmittedSpec(0), async);
    }
    core_ = std::make_unique<LearnerCore>(options, assembler_.get(), &store_, &roster_);
    if (store_.version() == 0) store_.Publish(Version(5));
  }

  JoinReply Join(uint64_t key = 11, uint32_t threads = 1, uint32_t envs = kE) {
    JoinRequest request;
    request.actor_key = key;
    request.threads = threads;
    request.envs_per_thread = envs;
    const auto reply = core_->Join(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *reply;
  }

  std::unique_ptr<UnrollStream> Open(const JoinReply& joined, uint32_t thread = 0) {
    auto stream = core_->OpenUnrollStream(joined.lease, thread);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return *std::move(stream);
  }

  static Unroll Valid(uint64_t sequence = 1, uint32_t actor = 0) {
    Unroll unroll = RandomUnroll(AdmittedSpec(kE), 30, {0.3, 0.3});
    EXPECT_FALSE(unroll.episodes.empty());
    unroll.id = {actor, 0, sequence};
    unroll.incarnation = 3;
    unroll.policy_version = 5;
    return unroll;
  }

  int64_t message_memory_ = 0;
  int64_t most_columns_ = 200;
  std::atomic<double> now_{0};
  ParameterStore store_;
  Roster roster_;
  std::unique_ptr<BatchAssembler> assembler_;
  std::unique_ptr<LearnerCore> core_;
};

TEST_F(LearnerCoreTest, JoiningHandsTheRunOver) {
  const JoinReply reply = Join(11, 0, 0);
  EXPECT_EQ(reply.run_id, "run-of-the-test");
  EXPECT_EQ(reply.run_dir, "/runs/test");
  EXPECT_EQ(reply.incarnation, 3u);
  EXPECT_EQ(reply.threads, 2u);  // the run's defaults
  EXPECT_EQ(reply.envs_per_thread, static_cast<uint32_t>(kE));
  EXPECT_EQ(reply.config.algorithm().name(), "impala");
  EXPECT_FALSE(reply.want_resume_state);
  EXPECT_EQ(Join(12, 1, 2).actor, 1u);
  EXPECT_EQ(Join(12, 1, 2).first_environment, 8u);
  EXPECT_EQ(Join(11, 0, 0).actor, reply.actor);
}

TEST_F(LearnerCoreTest, SynchronousRunsWantResumeStates) {
  Build("a2c");
  EXPECT_TRUE(Join().want_resume_state);
}

TEST_F(LearnerCoreTest, UnrollsThatCannotFitAMessageAreRefusedAtJoin) {
  JoinRequest request;
  request.envs_per_thread = 1000;
  const absl::Status status = core_->Join(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("transport.max_message_bytes"));
}

TEST_F(LearnerCoreTest, ImpossiblyManyThreadsOrEnvironmentsAreRefused) {
  for (const bool threads : {true, false}) {
    JoinRequest request;
    (threads ? request.threads : request.envs_per_thread) = std::numeric_limits<uint32_t>::max();
    EXPECT_EQ(core_->Join(request).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(roster_.next_environment(), 0u);
}

TEST_F(LearnerCoreTest, AValidUnrollIsAdmittedAndCounted) {
  const JoinReply joined = Join();
  const auto stream = Open(joined);
  const Unroll unroll = Valid();
  const auto reply = stream->Submit(unroll.view());
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->verdict, UnrollVerdict::kAccepted);
  EXPECT_EQ(reply->newest_version, 5u);
  EXPECT_EQ(core_->counters().accepted, 1u);
  EXPECT_EQ(core_->counters().malformed, 0u);
  EXPECT_EQ(core_->counters().waiting_fraction, 0.25);
  ASSERT_TRUE(stream->Submit(Valid(2).view()).ok());
  Slab* slab = assembler_->NextFull();
  EXPECT_TRUE(HoldsColumn(*slab, 0, unroll, 0));
  EXPECT_EQ(core_->counters().environment_frames, static_cast<uint64_t>(slab->CountFrames()));
}

TEST_F(LearnerCoreTest, EverySpoiltFieldIsNamedAndTheLearnerLivesOn) {
  const JoinReply joined = Join();
  const auto stream = Open(joined);
  uint64_t refused = 0;
  for (const UnrollMutation& mutation : PayloadMutations()) {
    if (mutation.untrainable) continue;
    SCOPED_TRACE(mutation.what);
    Unroll unroll = Valid();
    mutation.spoil(unroll);
    UnrollView view = unroll.view();
    mutation.spoil_view(view);
    const absl::Status status = stream->Submit(view).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("'" + mutation.field + "'"));
    EXPECT_EQ(core_->counters().malformed, ++refused);
  }
  EXPECT_EQ(core_->counters().accepted, 0u);
  const auto reply = stream->Submit(Valid().view());
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->verdict, UnrollVerdict::kAccepted);
}

TEST_F(LearnerCoreTest, WrongOriginsAreNamed) {
  const auto stream = Open(Join(11, 2));
  const auto refusal = [&](void (*spoil)(UnrollView&)) {
    const Unroll unroll = Valid();
    UnrollView view = unroll.view();
    spoil(view);
    const absl::Status status = stream->Submit(view).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal([](UnrollView& v) { v.policy_version = 6; }), HasSubstr("'policy_version'"));
  EXPECT_THAT(refusal([](UnrollView& v) { v.policy_version = 0; }), HasSubstr("'policy_version'"));
  EXPECT_THAT(refusal([](UnrollView& v) { v.incarnation = 2; }), HasSubstr("'incarnation'"));
  EXPECT_THAT(refusal([](UnrollView& v) { v.id.sequence = 0; }), HasSubstr("'sequence'"));
  EXPECT_THAT(refusal([](UnrollView& v) { v.id.actor = 1; }), HasSubstr("'actor'"));
  EXPECT_THAT(refusal([](UnrollView& v) { v.id.thread = 1; }), HasSubstr("'actor'"));
}

TEST_F(LearnerCoreTest, ARetryIsNeverTrainedOnTwice) {
  const JoinReply joined = Join();
  auto stream = Open(joined);
  EXPECT_EQ(stream->Submit(Valid(1).view())->verdict, UnrollVerdict::kAccepted);
  stream = Open(joined);  // the connection broke
  EXPECT_EQ(stream->Submit(Valid(1).view())->verdict, UnrollVerdict::kDuplicate);
  EXPECT_EQ(stream->Submit(Valid(2).view())->verdict, UnrollVerdict::kAccepted);
  EXPECT_EQ(core_->counters().duplicates, 1u);
  EXPECT_EQ(core_->counters().accepted, 2u);
}

TEST_F(LearnerCoreTest, ARetryIsADuplicateEvenWhileTheFirstTryWaitsForASlab) {
  const JoinReply joined = Join();
  const auto stream = Open(joined);
  for (uint64_t i = 1; i <= 4; ++i) ASSERT_TRUE(stream->Submit(Valid(i).view()).ok());
  // Both slabs are full.
  std::atomic<int> accepted{0}, duplicates{0};
  const auto submit = [&](UnrollStream& on) {
    const auto reply = on.Submit(Valid(5).view());
    if (!reply.ok()) return;
    ++(reply->verdict == UnrollVerdict::kAccepted ? accepted : duplicates);
  };
  Thread one("first", [&] { submit(*stream); });
  // One of two tries of a stream's unroll waits, the other is a duplicate.
  Thread two("retry", [&] { submit(*stream); });
  EXPECT_TRUE(Eventually([&] { return duplicates == 1; }));
  EXPECT_EQ(accepted, 0);
  assembler_->Recycle(assembler_->NextFull(), 6);
  one.Join();
  two.Join();
  EXPECT_EQ(accepted, 1);
}

TEST_F(LearnerCoreTest, WhatTheLagLimitRefusesIsCounted) {
  store_.Publish(Version(20));
  const JoinReply joined = Join();
  const auto stream = Open(joined);
  const auto reply = stream->Submit(Valid().view());
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->verdict, UnrollVerdict::kStale);
  EXPECT_EQ(reply->newest_version, 20u);
  EXPECT_EQ(core_->counters().stale, 1u);
  EXPECT_EQ(core_->counters().accepted, 0u);
}

TEST_F(LearnerCoreTest, AStoppingLearnerSaysWhy) {
  const JoinReply joined = Join();
  const auto stream = Open(joined);
  assembler_->Close(absl::CancelledError("the run is over"));
  EXPECT_EQ(stream->Submit(Valid().view()).status(), absl::CancelledError("the run is over"));
}

TEST_F(LearnerCoreTest, StreamsAndFetchesNeedALeaseAndAreToldToJoinAgain) {
  const JoinReply joined = Join();
  for (const uint64_t lease : {uint64_t{0}, uint64_t{joined.actor}, joined.lease + 1}) {
    EXPECT_TRUE(absl::IsUnavailable(core_->OpenUnrollStream(lease, 0).status()));
    EXPECT_TRUE(absl::IsUnavailable(core_->RenewLease(lease)));
    EXPECT_TRUE(absl::IsUnavailable(
        core_->FetchParameters({lease, 3, 0, 0}, absl::ZeroDuration()).status()));
  }
  EXPECT_TRUE(core_->RenewLease(joined.lease).ok());
}

// Two actors on one slot drowned each other in "duplicates", and one that left silenced the other.
TEST_F(LearnerCoreTest, ASupersededStreamIsToldToJoinAgainAndIsNoDuplicate) {
  const JoinReply before = Join(11);
  const auto old_stream = Open(before);
  EXPECT_EQ(old_stream->Submit(Valid(1).view())->verdict, UnrollVerdict::kAccepted);
  const JoinReply now = Join(11);
  EXPECT_TRUE(now.continues);
  EXPECT_TRUE(absl::IsUnavailable(old_stream->Submit(Valid(2).view()).status()));
  const auto stream = Open(now);
  EXPECT_EQ(stream->Submit(Valid(2).view())->verdict, UnrollVerdict::kAccepted);
  EXPECT_TRUE(absl::IsUnavailable(old_stream->Submit(Valid(3).view()).status()));
  EXPECT_EQ(core_->counters().superseded, 2u);
  EXPECT_EQ(core_->counters().duplicates, 0u);
}

TEST_F(LearnerCoreTest, WhoLeavesTakesNobodyElseAlong) {
  const JoinReply slow = Join(11);
  auto of_slow = Open(slow);
  of_slow.reset();  // the lease ends, the slot is free
  const JoinReply quick = Join(12);
  ASSERT_EQ(quick.actor, slow.actor);
  const auto of_quick = Open(quick);
  EXPECT_TRUE(absl::IsUnavailable(core_->OpenUnrollStream(slow.lease, 0).status()));
  for (uint64_t i = 1; i <= 4; ++i) {
    EXPECT_EQ(of_quick->Submit(Valid(i).view())->verdict, UnrollVerdict::kAccepted);
  }
}

TEST_F(LearnerCoreTest, WhoOnlyAsksTakesNoPlace) {
  JoinRequest request;
  request.only_ask = true;
  const auto reply = core_->Join(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->run_id, "run-of-the-test");
  EXPECT_EQ(reply->config.algorithm().name(), "impala");
  EXPECT_EQ(reply->lease, 0u);
  EXPECT_EQ(roster_.joined(), 0u);
  LeaveRequest declined;
  declined.reason = "it asks for 'gym:x'";
  EXPECT_TRUE(core_->Leave(declined).ok());
  EXPECT_EQ(core_->counters().refused_joins, 1u);
}

// It was taken for the newcomer's, whose own was then refused as malformed: it exited.
TEST_F(LearnerCoreTest, AnUnrollThatWaitedWhileItsSenderLeftIsNotItsSuccessors) {
  Build("a2c", 0, 2);
  const JoinReply a = Join(11);
  auto of_a = Open(a);
  absl::StatusOr<SubmitReply> late = absl::UnknownError("none");
  Thread waits("waits", [&] { late = of_a->Submit(Valid(1, a.actor).view()); });
  // It waits for the others that are announced; that shows nowhere.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(core_->Leave({a.lease, "told to stop", "", 0}).ok());
  const JoinReply b = Join(12);
  EXPECT_EQ(b.actor, a.actor);
  auto of_b = Open(b);
  const JoinReply c = Join(13);
  auto of_c = Open(c);
  waits.Join();
  EXPECT_FALSE(late.ok() && late->verdict == UnrollVerdict::kAccepted);
  for (const JoinReply& joined : {b, c}) {
    const auto reply =
        (joined.actor == b.actor ? of_b : of_c)->Submit(Valid(1, joined.actor).view());
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->verdict, UnrollVerdict::kAccepted);
  }
  EXPECT_EQ(core_->counters().malformed, 0u);
  const Slab* const slab = assembler_->NextFull();
  ASSERT_EQ(slab->parts.size(), 2u);
  EXPECT_EQ(slab->parts[0].first_environment, b.first_environment);
}

TEST_F(LearnerCoreTest, MessagesBeyondTheMemoryForThemAreRefusedAtJoin) {
  message_memory_ = 600'000;
  Build("impala");
  JoinRequest request;
  request.threads = 1;
  request.envs_per_thread = kE;
  std::vector<std::unique_ptr<UnrollStream>> streams;
  for (request.actor_key = 1; request.actor_key <= 4; ++request.actor_key) {
    const auto joined = core_->Join(request);
    ASSERT_TRUE(joined.ok()) << joined.status();
    streams.push_back(Open(*joined));
  }
  // A connection takes 131 kB.
  const absl::Status full = core_->Join(request).status();
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_THAT(std::string(full.message()), HasSubstr("transport.memory_bytes"));
}

// All threads were counted with the environments of whoever came last.
TEST_F(LearnerCoreTest, MessagesAreCountedByTheirOwnWidths) {
  constexpr uint32_t kWide = 40;
  message_memory_ = 12'200'000;
  most_columns_ = 0;
  Build("impala");
  std::map<uint64_t, std::vector<std::unique_ptr<UnrollStream>>> streams;
  // Joins and opens all of its streams.
  const auto join = [&](uint64_t key, uint32_t threads, uint32_t envs) {
    JoinRequest request;
    request.actor_key = key;
    request.threads = threads;
    request.envs_per_thread = envs;
    const auto joined = core_->Join(request);
    if (!joined.ok()) return joined.status();
    for (uint32_t thread = 0; thread < threads; ++thread) {
      streams[key].push_back(Open(*joined, thread));
    }
    return absl::OkStatus();
  };
  // About 11.5 MB, and 0.4 MB for each that has one environment a thread.
  EXPECT_TRUE(join(1, 1000, kWide).ok());
  EXPECT_TRUE(join(2, 1000, 1).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(join(3, 1000, 1)));
  // The other way round.
  EXPECT_TRUE(core_->Leave({0, "", "", 0, 1}).ok());
  streams.erase(1);
  for (uint64_t key = 3; key < 10; ++key) EXPECT_TRUE(join(key, 1000, 1).ok());
  EXPECT_TRUE(join(10, 1, kWide).ok());
  // What would not fit alone never will.
  EXPECT_TRUE(absl::IsFailedPrecondition(join(11, 2000, kWide)));
}

TEST_F(LearnerCoreTest, WhoIsToldToStopWhileItJoinsIsNotLost) {
  Join(11);
  EXPECT_TRUE(core_->Leave({0, "told to stop", "", 0, 11}).ok());
  EXPECT_EQ(roster_.joined(), 0u);
  EXPECT_EQ(core_->counters().lost_actors, 0u);
  EXPECT_EQ(core_->counters().refused_joins, 0u);
  // It had not come yet.
  EXPECT_FALSE(core_->Leave({0, "told to stop", "", 0, 12}).ok());
  EXPECT_EQ(core_->counters().refused_joins, 0u);
}

// Every actor that was stopped counted as lost, and its reason was a failed write.
TEST_F(LearnerCoreTest, WhoSaysGoodbyeIsNotLost) {
  const JoinReply a = Join(11);
  const JoinReply b = Join(12);
  const JoinReply c = Join(13);
  auto of_a = Open(a);
  auto of_b = Open(b);
  auto of_c = Open(c);
  // Before its stream ends, and after.
  EXPECT_TRUE(core_->Leave({a.lease, "told to stop", "", 0}).ok());
  of_b.reset();
  EXPECT_TRUE(core_->Leave({b.lease, "told to stop", "", 0}).ok());
  of_a.reset();
  EXPECT_EQ(roster_.joined(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(core_->Leave({a.lease, "again", "", 0})));
  EXPECT_EQ(core_->counters().lost_actors, 0u);
  of_c.reset();
  EXPECT_TRUE(WaitUntil([&] {
    core_->Tick();
    return core_->counters().lost_actors == 1;
  }));
}

TEST_F(LearnerCoreTest, OneBadNumberIsLeftOutAndTheStreamGoesOn) {
  const auto stream = Open(Join());
  struct Case {
    const char* field;
    void (*spoil)(Unroll&);
  };
  const Case cases[] = {
      {"rewards", [](Unroll& u) { u.rewards[1] = 1e30f; }},
      {"rewards", [](Unroll& u) { u.rewards[1] = -1e30f; }},
      {"rewards", [](Unroll& u) { u.rewards[0] = std::numeric_limits<float>::quiet_NaN(); }},
      {"log_mu", [](Unroll& u) { u.log_mu[2] = -1e30f; }},
      {"initial_state", [](Unroll& u) { u.initial_state[0] = 1e38f; }},
      {"observations",
       [](Unroll& u) { reinterpret_cast<float*>(u.observations.data())[5] = 1e38f; }},
      {"episodes", [](Unroll& u) { u.episodes[0].episode_return = 1e300; }},
  };
  uint64_t sequence = 0;
  for (const Case& spoilt : cases) {
    Unroll unroll = Valid(++sequence);
    spoilt.spoil(unroll);
    const auto reply = stream->Submit(unroll.view());
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->verdict, UnrollVerdict::kRefused);
    EXPECT_THAT(reply->reason, HasSubstr(spoilt.field));
  }
  EXPECT_EQ(core_->counters().refused, sequence);
  EXPECT_EQ(core_->counters().accepted, 0u);
  EXPECT_EQ(stream->Submit(Valid(++sequence).view())->verdict, UnrollVerdict::kAccepted);
}

TEST_F(LearnerCoreTest, ARefusedUnrollDoesNotHoldASynchronousBatch) {
  Build("a2c");
  const JoinReply a = Join(11), b = Join(12);
  const auto of_a = Open(a);
  const auto of_b = Open(b);
  Unroll bad = Valid(1, a.actor);
  bad.rewards[0] = 1e30f;
  EXPECT_EQ(of_a->Submit(bad.view())->verdict, UnrollVerdict::kRefused);
  const Unroll good = Valid(1, b.actor);
  EXPECT_EQ(of_b->Submit(good.view())->verdict, UnrollVerdict::kAccepted);
  Slab* const slab = assembler_->NextFull();
  for (int64_t column = 0; column < kE; ++column) EXPECT_TRUE(IsMasked(*slab, column));
  EXPECT_TRUE(HoldsColumn(*slab, kE, good, 0));
}

TEST_F(LearnerCoreTest, ASilentMemberIsLeftOutAndMayComeBack) {
  Build("a2c", 0.05);
  const JoinReply silent = Join(11), honest = Join(12);
  const auto of_silent = Open(silent);
  const auto of_honest = Open(honest);
  const Unroll good = Valid(1, honest.actor);
  ASSERT_EQ(of_honest->Submit(good.view())->verdict, UnrollVerdict::kAccepted);
  Slab* slab = assembler_->NextFull();
  ASSERT_NE(slab, nullptr);
  EXPECT_TRUE(HoldsColumn(*slab, kE, good, 0));
  EXPECT_EQ(core_->counters().stragglers, 1u);
  const auto submit = [&](UnrollStream& stream, uint32_t actor, uint64_t version) {
    Unroll unroll = Valid(version, actor);
    unroll.policy_version = version;
    return stream.Submit(unroll.view())->verdict;
  };
  assembler_->Recycle(slab, 6);
  store_.Publish(Version(6));
  ASSERT_EQ(submit(*of_honest, honest.actor, 6), UnrollVerdict::kAccepted);
  slab = assembler_->NextFull();
  EXPECT_EQ(slab->columns(), kE);
  EXPECT_EQ(core_->counters().stragglers, 1u);
  // It is waited for again once it has sent something, on the same stream.
  EXPECT_EQ(submit(*of_silent, silent.actor, 5), UnrollVerdict::kStale);
  assembler_->Recycle(slab, 7);
  store_.Publish(Version(7));
  ASSERT_EQ(submit(*of_honest, honest.actor, 7), UnrollVerdict::kAccepted);
  ASSERT_EQ(submit(*of_silent, silent.actor, 7), UnrollVerdict::kAccepted);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2 * kE);
}

// Nobody could join, for nobody had left room, and nobody delivered: no frame, for ever.
TEST_F(LearnerCoreTest, SilentMembersThatFillTheBatchMakeRoom) {
  Build("a2c", 0.01);
  const JoinReply silent = Join(11, 20, 10);
  std::vector<std::unique_ptr<UnrollStream>> streams;
  for (uint32_t thread = 0; thread < 20; ++thread) streams.push_back(Open(silent, thread));
  JoinRequest request;
  request.actor_key = 12;
  EXPECT_TRUE(absl::IsResourceExhausted(core_->Join(request).status()));
  Slab* slab = nullptr;
  Thread trainer("trainer", [&] { slab = assembler_->NextFull(); });
  EXPECT_TRUE(Eventually([&] { return core_->counters().stragglers == 20; }));
  now_ = 31;
  core_->Tick();
  const JoinReply honest = Join(12);
  EXPECT_EQ(Open(honest)->Submit(Valid(1, honest.actor).view())->verdict, UnrollVerdict::kAccepted);
  trainer.Join();
  ASSERT_NE(slab, nullptr);
  EXPECT_EQ(slab->columns(), kE);
}

TEST_F(LearnerCoreTest, ABatchBeyondTheMemoryIsRefusedAtJoin) {
  const JoinReply first = Join(11, 10, 10);
  std::vector<std::unique_ptr<UnrollStream>> streams;
  for (uint32_t thread = 0; thread < 10; ++thread) streams.push_back(Open(first, thread));
  JoinRequest request;
  request.actor_key = 12;
  request.threads = 10;
  request.envs_per_thread = 11;
  const absl::Status status = core_->Join(request).status();
  // Those that are there may leave; what would not fit alone is final.
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("batch.max_bytes"));
  request.envs_per_thread = 21;
  EXPECT_TRUE(absl::IsFailedPrecondition(core_->Join(request).status()));
  EXPECT_EQ(core_->counters().refused_joins, 2u);
  Join(12, 10, 10);
  Join(12, 10, 10);  // again: its own columns do not count twice
}

TEST_F(LearnerCoreTest, TheEndOfAnOldStreamDoesNotRemoveItsSuccessor) {
  Build("a2c");
  const JoinReply first = Join(11), second = Join(12);
  auto old_stream = Open(first);
  const auto successor = Open(first);
  const auto other = Open(second);
  old_stream.reset();
  Unroll of_other = Valid();
  of_other.id.actor = 1;
  EXPECT_EQ(other->Submit(of_other.view())->verdict, UnrollVerdict::kAccepted);
  EXPECT_EQ(successor->Submit(Valid().view())->verdict, UnrollVerdict::kAccepted);
  EXPECT_EQ(assembler_->NextFull()->columns(), 2 * kE);
}

TEST_F(LearnerCoreTest, TheEndOfAStreamLetsTheOthersGoOn) {
  Build("a2c");
  const JoinReply first = Join(11), second = Join(12);
  auto leaving = Open(first);
  const auto other = Open(second);
  Unroll of_other = Valid();
  of_other.id.actor = 1;
  EXPECT_EQ(other->Submit(of_other.view())->verdict, UnrollVerdict::kAccepted);
  leaving.reset();
  Slab* slab = assembler_->NextFull();
  EXPECT_TRUE(IsMasked(*slab, 0));
  EXPECT_TRUE(HoldsColumn(*slab, kE, of_other, 0));
}

TEST_F(LearnerCoreTest, ParametersAreFetchedByVersion) {
  const uint64_t lease = Join().lease;
  const auto fetch = [&](uint64_t incarnation, uint64_t have) {
    return *core_->FetchParameters({lease, incarnation, have, 0}, absl::ZeroDuration());
  };
  EXPECT_EQ(fetch(3, 4)->version, 5u);
  EXPECT_EQ(fetch(3, 5), nullptr);
  // Versions of another incarnation say nothing.
  EXPECT_EQ(fetch(2, 900)->version, 5u);
}

// The service waits, for thousands of actors without a thread each.
TEST_F(LearnerCoreTest, FetchingNeverWaitsItself) {
  const auto late = core_->FetchParameters({Join().lease, 3, 5, 6}, absl::InfiniteDuration());
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(*late, nullptr);
}

}  // namespace
}  // namespace nyala
