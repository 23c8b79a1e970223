// `nyala train` and the signals: whatever is killed, nothing promised is lost and nothing is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/base/clock.h"
#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class KillTest : public CommandTest {
 protected:
  // Goes on with the run for some thousand frames more than its summary says.
  void ExpectResumes() {
    const nlohmann::json summary = Summary();
    const uint64_t frames = summary.is_object() ? summary.at("frames").get<uint64_t>() : 0;
    const Finished finished = Run(
        {"train", "--resume", "--run=" + run_dir(), "--frames=" + std::to_string(frames + 5000)});
    EXPECT_EQ(finished.status, 0) << finished.err;
  }
};

class StopSignalTest : public KillTest, public ::testing::WithParamInterface<int> {};

TEST_P(StopSignalTest, EndsTrainingWithACheckpointAndTheCommandToGoOn) {
  std::unique_ptr<Subprocess> train = Start(Train({"--set", "checkpoint.interval_seconds=0"}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  train->Signal(GetParam());
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_THAT(train->output(), AllOf(HasSubstr("interrupted"), HasSubstr("--resume")));
  ExpectNothingLeft(train.get());

  const nlohmann::json before = Summary();
  EXPECT_THAT(before.at("exit_reason").get<std::string>(), HasSubstr("(SIG"));
  ASSERT_EQ(Checkpoints().size(), 1u);
  // The budget is used already, so the resumed run only shows what it starts from.
  const Finished resumed = Run({"train", "--resume", "--run=" + run_dir(),
                                "--frames=" + std::to_string(before.at("frames").get<uint64_t>())});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(Summary().at("frames"), before.at("frames"));
  EXPECT_EQ(Summary().at("updates"), before.at("updates"));
}

TEST_P(StopSignalTest, AtAnyMomentOfTheStartLeavesNothing) {
  for (const size_t processes : {1, 2, 3}) {
    std::unique_ptr<Subprocess> train = Start(Train({}));
    ASSERT_TRUE(train->WaitUntil([&] { return train->Family().size() >= processes; }))
        << train->output();
    train->Signal(GetParam());
    EXPECT_NE(train->Wait(), 0) << train->output();
    ExpectNothingLeft(train.get());
    ASSERT_TRUE(RemoveTree(run_dir()).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignalTest, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

// As a service manager or `kill -TERM -PGID` does: the children get it from there and, once more,
// from the supervisor, which is still one request to stop.
class GroupSignalTest : public KillTest, public ::testing::WithParamInterface<int> {};

TEST_P(GroupSignalTest, ToEveryProcessAtOnceEndsTrainingWithACheckpoint) {
  std::unique_ptr<Subprocess> train = Start(Train({"--set", "checkpoint.interval_seconds=0"}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  const std::vector<pid_t> family = train->Family();
  ASSERT_GE(family.size(), 3u);
  for (const pid_t pid : family) kill(pid, GetParam());
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_THAT(train->output(), AllOf(HasSubstr("interrupted"), HasSubstr("--resume")));
  ExpectNothingLeft(train.get());

  ASSERT_EQ(Checkpoints().size(), 1u);
  const nlohmann::json summary = Summary();
  ASSERT_TRUE(summary.is_object());
  EXPECT_THAT(summary.at("exit_reason").get<std::string>(), HasSubstr("(SIG"));
  EXPECT_GT(summary.at("updates").get<uint64_t>(), 0u);
  ExpectResumes();
}

INSTANTIATE_TEST_SUITE_P(Signals, GroupSignalTest, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(KillTest, ASecondSignalEndsItAtOnce) {
  std::unique_ptr<Subprocess> train = Start(Train({}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  // A stopped learner cannot write its final checkpoint, so only the second signal can end it: the
  // first of these that comes more than a second after the first of all.
  for (const pid_t learner : Named(*train, "nyala-learner")) kill(learner, SIGSTOP);
  EXPECT_TRUE(train->WaitUntil([&] {
    train->Signal(SIGINT);
    return train->err().find("everything is killed") != std::string::npos;
  })) << train->output();
  EXPECT_NE(train->Wait(), 0);
  ExpectNothingLeft(train.get());
}

// A terminal that closes signals its foreground job twice, a moment apart.
TEST_F(KillTest, HangUpsEndTrainingWithACheckpointHoweverMany) {
  std::unique_ptr<Subprocess> train = Start(Train({"--set", "checkpoint.interval_seconds=0"}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  // Held until all signals have come.
  const std::vector<pid_t> learners = Named(*train, "nyala-learner");
  for (const pid_t learner : learners) kill(learner, SIGSTOP);
  train->Signal(SIGHUP);
  ASSERT_TRUE(train->WaitForOutput("stopping with a final checkpoint")) << train->output();
  for (const int number : {SIGHUP, SIGHUP, SIGTERM, SIGHUP}) train->Signal(number);
  for (const pid_t learner : learners) kill(learner, SIGCONT);
  EXPECT_EQ(train->Wait(), 1) << train->output();
  ExpectNothingLeft(train.get());
  EXPECT_THAT(Summary().at("exit_reason").get<std::string>(), HasSubstr("(SIG"));
  EXPECT_EQ(Checkpoints().size(), 1u);
  ExpectResumes();
}

// Learner and actor by themselves, as under a terminal that closes.
TEST_F(KillTest, AHangUpEndsLearnerAndActorWell) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner =
      Start(Learner(port, {"--set", "checkpoint.interval_seconds=0"}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output() << actor->output();
  actor->Signal(SIGHUP);
  actor->Signal(SIGHUP);
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  learner->Signal(SIGHUP);
  learner->Signal(SIGHUP);
  EXPECT_EQ(learner->Wait(), 1) << learner->output();
  EXPECT_THAT(learner->err(), AllOf(HasSubstr("interrupted"), HasSubstr("--resume")));
  EXPECT_EQ(Summary().at("exit_reason"), "hung up (SIGHUP)");
  EXPECT_EQ(Checkpoints().size(), 1u);
}

TEST_F(KillTest, AKilledActorIsRestartedAndTheRunGoesOn) {
  std::unique_ptr<Subprocess> train = Start(Train({}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  const std::vector<pid_t> actors = Named(*train, "nyala-actor");
  ASSERT_EQ(actors.size(), 1u);
  kill(actors[0], SIGKILL);
  ASSERT_TRUE(train->WaitForOutput("restarted")) << train->output();
  EXPECT_TRUE(WaitForTraining(train.get())) << train->output();
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 1);
  ExpectNothingLeft(train.get());
}

TEST_F(KillTest, AKilledLearnerIsStartedAgainAndTheRunReachesItsEnd) {
  std::unique_ptr<Subprocess> train = Start(Train({}));
  std::vector<pid_t> actors;
  for (int restart = 1; restart <= 2; ++restart) {
    ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
    ASSERT_TRUE(train->WaitUntil([&] { return !Checkpoints().empty(); })) << train->output();
    if (actors.empty()) actors = Named(*train, "nyala-actor");
    const std::vector<pid_t> learners = Named(*train, "nyala-learner");
    ASSERT_EQ(learners.size(), 1u);
    kill(learners[0], SIGKILL);
    ASSERT_TRUE(
        train->WaitForOutput("the learner was killed by signal 9 (Killed); started again (" +
                             std::to_string(restart) + " of 3)"))
        << train->output();
  }
  ASSERT_TRUE(
      train->WaitUntil([&] { return Named(*train, "nyala-learner").size() == 1 && Frames() > 0; }));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  // The same actors, which have found the new learner by themselves.
  EXPECT_EQ(Named(*train, "nyala-actor"), actors);
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 1) << train->output();
  ExpectNothingLeft(train.get());
  EXPECT_EQ(Summary().at("learner_restarts"), 2);
  EXPECT_EQ(Summary().at("actor_restarts"), 0);
  ExpectResumes();
}

TEST_F(KillTest, AKilledLearnerWithoutACheckpointStartsOver) {
  std::unique_ptr<Subprocess> train =
      Start(Train({"--frames=60000", "--set", "checkpoint.interval_seconds=0"}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  for (const pid_t learner : Named(*train, "nyala-learner")) kill(learner, SIGKILL);
  EXPECT_EQ(train->Wait(), 0) << train->output();
  EXPECT_THAT(train->err(), AllOf(HasSubstr("started again"), HasSubstr("starts over")));
  EXPECT_GE(Summary().at("frames").get<uint64_t>(), 60000u);
  EXPECT_EQ(Summary().at("learner_restarts"), 1);
}

// The seconds that a dead learner has used are used.
TEST_F(KillTest, AKilledLearnerDoesNotChangeWhenTheTimeIsOver) {
  const double start = MonotonicSeconds();
  std::unique_ptr<Subprocess> train = Start(Train({"--set", "limits.seconds=8"}));
  ASSERT_TRUE(train->WaitUntil([&] { return !Checkpoints().empty(); })) << train->output();
  for (const pid_t learner : Named(*train, "nyala-learner")) kill(learner, SIGKILL);
  EXPECT_EQ(train->Wait(), 0) << train->output();
  ASSERT_EQ(Summary().at("learner_restarts"), 1) << train->output();
  EXPECT_EQ(Summary().at("exit_reason"), "time budget used");
  // Counted once, not once for each learner.
  EXPECT_GE(MonotonicSeconds() - start, 8);
}

TEST_F(KillTest, AKilledLearnerEndsTheRunWithTheCommandToGoOn) {
  std::unique_ptr<Subprocess> train = Start(Train({"--set", "limits.learner_restarts=0"}));
  ASSERT_TRUE(train->WaitUntil([&] { return !Checkpoints().empty(); })) << train->output();
  const std::vector<pid_t> learners = Named(*train, "nyala-learner");
  ASSERT_EQ(learners.size(), 1u);
  kill(learners[0], SIGKILL);
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_THAT(train->err(), AllOf(HasSubstr("signal 9"), HasSubstr("--resume")));
  ExpectNothingLeft(train.get());
  ExpectResumes();
}

TEST_F(KillTest, NoProcessSurvivesAKilledLauncher) {
  std::unique_ptr<Subprocess> train = Start(Train({}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  train->Signal(SIGKILL);
  EXPECT_EQ(train->Wait(), 128 + SIGKILL);
  EXPECT_TRUE(train->WaitUntil([&] { return train->Family().empty(); })) << train->output();
  ExpectResumes();
}

}  // namespace
}  // namespace nyala
