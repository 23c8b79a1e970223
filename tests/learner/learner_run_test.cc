// RunLearner as a whole, in process: what it opens, serves, ends with and leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/thread.h"
#include "common/config/defaults.h"
#include "common/wire/client/client.h"
#include "learner/learner.h"
#include "learner/run/checkpoint_store.h"
#include "learner/run/run_folder.h"
#include "learner/run/summary.h"
#include "tests/learner/training/trainer_problem.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

using testing::HasSubstr;

class LearnerRunTest : public testing::Test {
 protected:
  LearnerRunTest() {
    options_.config = TrainedConfig();
    options_.config.mutable_environment()->set_id("Tested-v0");
    options_.config.mutable_algorithm()->set_name("a2c");
    options_.config.mutable_batch()->set_straggler_seconds(0);
    options_.config.mutable_actor()->set_actors(0);
    options_.config.mutable_checkpoint()->set_interval_updates(1);
    FillDefaults(&options_.config);
    options_.env = TrainedEnv();
    options_.run_dir = scratch_ / "run";
    options_.listen = "unix:" + (scratch_ / "socket");
    options_.show_progress = false;
    options_.started_at = MonotonicSeconds();
  }

  absl::StatusOr<LearnerResult> Run() { return RunLearner(options_, stop_); }

  // A peer that submits so many unrolls, each under the newest version, while the learner runs.
  absl::StatusOr<LearnerResult> RunWithUnrolls(int count) {
    absl::StatusOr<LearnerResult> result = absl::InternalError("it has not ended");
    Thread learner("learner", [&] { result = Run(); });
    LearnerClientOptions client_options;
    client_options.address = options_.listen;
    auto client = GrpcLearnerClient::Create(client_options);
    EXPECT_TRUE(client.ok()) << client.status();
    JoinRequest request;
    request.actor_key = 7;
    request.threads = 1;
    request.envs_per_thread = 2;
    absl::StatusOr<JoinReply> joined = absl::UnavailableError("not yet");
    EXPECT_TRUE(WaitUntil([&] { return (joined = (*client)->Join(request)).ok(); }));
    auto stream = (*client)->OpenUnrollStream(joined->lease, 0);
    EXPECT_TRUE(stream.ok()) << stream.status();
    version_ = 0;
    for (int i = 1; i <= count; ++i) Submit(**client, **stream, *joined, i);
    if (HasFailure()) stop_.RequestStop("the test has failed");
    learner.Join();
    return result;
  }

  const ScratchDir scratch_;
  LearnerOptions options_;
  StopSource stop_;

 private:
  void Submit(GrpcLearnerClient& client, UnrollStream& stream, const JoinReply& joined, int i) {
    ParameterRequest newest;
    newest.lease = joined.lease;
    newest.incarnation = joined.incarnation;
    newest.have_version = version_;
    newest.wait_for_version = version_ + 1;
    const auto snapshot = client.FetchParameters(newest, absl::Seconds(30));
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    ASSERT_NE(*snapshot, nullptr);
    version_ = (*snapshot)->version;
    UnrollSpec spec;
    spec.T = options_.config.batch().unroll_length();
    spec.E = 2;
    spec.observation = options_.env.observation;
    spec.action = options_.env.action;
    Unroll unroll = RandomUnroll(spec, static_cast<uint64_t>(i));
    unroll.id = {joined.actor, 0, static_cast<uint64_t>(i)};
    unroll.incarnation = joined.incarnation;
    unroll.policy_version = version_;
    const auto reply = stream.Submit(unroll.view());
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->verdict, UnrollVerdict::kAccepted);
  }

  uint64_t version_ = 0;
};

TEST_F(LearnerRunTest, EndsWithItsUpdatesAndLeavesACheckpointAndASummary) {
  options_.config.mutable_limits()->set_updates(2);
  const auto result = RunWithUnrolls(2);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->reason, EndReason::kUpdateBudgetUsed);
  const RunPaths paths(options_.run_dir);
  EXPECT_EQ(ListCheckpoints(paths.checkpoints())->back(), CheckpointName(2));
  const auto summary = ReadSummary(paths.summary());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->exit_reason, "update budget used");
}

TEST_F(LearnerRunTest, GoesOnWhereItWasAsAnotherIncarnation) {
  options_.config.mutable_limits()->set_updates(1);
  ASSERT_TRUE(RunWithUnrolls(1).ok());
  options_.resume = true;
  options_.config.mutable_limits()->set_updates(2);
  const auto result = RunWithUnrolls(1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ListCheckpoints(RunPaths(options_.run_dir).checkpoints())->back(), CheckpointName(2));
}

TEST_F(LearnerRunTest, WaitsForActorsNoLongerThanItsTime) {
  options_.config.mutable_limits()->set_seconds(0.1);
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->reason, EndReason::kTimeBudgetUsed);
}

TEST_F(LearnerRunTest, AStopIsAnInterruptionWithItsReason) {
  Thread stopper("stopper", [&] { stop_.RequestStop("somebody asked"); });
  const auto result = Run();
  stopper.Join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->reason, EndReason::kInterrupted);
  EXPECT_EQ(result->exit_reason, "somebody asked");
}

TEST_F(LearnerRunTest, AStartThatFailsLeavesTheFolderFree) {
  const std::string listen = options_.listen;
  options_.listen = "unix:/nowhere/at/all";
  EXPECT_FALSE(Run().ok());
  EXPECT_FALSE(std::filesystem::exists(RunPaths(options_.run_dir).config()));
  options_.listen = listen;
  options_.config.mutable_limits()->set_seconds(0.1);
  EXPECT_TRUE(Run().ok());
}

TEST_F(LearnerRunTest, MoreMinibatchesThanColumnsAreRefusedBeforeTheFolderIsMade) {
  options_.config.mutable_algorithm()->set_name("ppo");
  options_.config.mutable_algorithm()->set_minibatches(50);
  options_.config.mutable_actor()->set_actors(1);
  options_.config.mutable_actor()->set_envs_per_thread(2);
  EXPECT_THAT(std::string(Run().status().message()), HasSubstr("algorithm.minibatches is 50"));
  EXPECT_FALSE(std::filesystem::exists(options_.run_dir));
}

}  // namespace
}  // namespace nyala
