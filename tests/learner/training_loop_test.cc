#include "learner/training_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/system/stop.h"
#include "learner/time_limit.h"
#include "tests/fakes/fake_assembler.h"
#include "tests/fakes/fake_trainer.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StepStats Skipped() {
  StepStats stats;
  stats.skipped_steps = 1;
  stats.why_skipped = "the loss is nan";
  return stats;
}

class TrainingLoopTest : public testing::Test {
 protected:
  TrainingLoopTest() : roster_({}, 0) {
    checkpointing_.set_interval_updates(0);
    checkpointing_.set_interval_seconds(0);
    store_.Publish(std::make_shared<const ParameterSnapshot>(trainer_.Snapshot(1, 0)));
    store_.Subscribe([this](uint64_t version) { Note("published", version); });
    assembler_.OnRecycle([this](uint64_t version) { Note("recycled for", version); });
    // Nobody comes: without a limit the test would wait for ever.
    assembler_.WhenEmpty([this] { assembler_.Close(absl::UnavailableError("no more")); });
  }

  void Note(const std::string& what, uint64_t version) {
    events_.push_back(what + " " + std::to_string(version));
  }
  void AddBatches(int count) {
    for (int i = 0; i < count; ++i) assembler_.Add();
  }
  // Batches that each bring a hundred episodes of this return.
  void AddEpisodes(double episode_return) {
    assembler_.Add([episode_return](Slab* slab) {
      slab->episodes.assign(EpisodeStats::kWindow, EpisodeResult{episode_return, 5, false});
    });
  }

  absl::StatusOr<EndReason> Run() {
    checkpointer_ = std::make_unique<Checkpointer>(
        CheckpointStore::Open(folder_ / "checkpoints", {}).value(), checkpointing_);
    TrainingLoop::Parts parts;
    parts.trainer = &trainer_;
    parts.assembler = &assembler_;
    parts.store = &store_;
    parts.roster = &roster_;
    parts.checkpointer = checkpointer_.get();
    parts.state = &state_;
    parts.capture = [this](const RunState& state) {
      captured_.push_back(state.counters.updates);
      Checkpoint checkpoint;
      checkpoint.counters = state.counters;
      return checkpoint;
    };
    parts.seconds = [this] { return seconds_; };
    return TrainingLoop(limits_, parts).Run();
  }
  RunCounters Counters() const { return state_.Read().counters; }

  ScratchDir folder_;
  LimitsConfig limits_;
  CheckpointConfig checkpointing_;
  FakeTrainer trainer_;
  FakeAssembler assembler_;
  ParameterStore store_;
  Roster roster_;
  std::unique_ptr<Checkpointer> checkpointer_;
  SharedRunState state_;
  double seconds_ = 0;
  std::vector<std::string> events_;
  std::vector<uint64_t> captured_;
};

TEST_F(TrainingLoopTest, EndsWhenTheFramesAreUsed) {
  limits_.set_frames(25);
  AddBatches(5);
  EXPECT_EQ(*Run(), EndReason::kFrameBudgetUsed);
  // Whole batches: the third goes beyond the budget.
  EXPECT_EQ(Counters().frames, 30u);
  EXPECT_EQ(Counters().updates, 3u);
  EXPECT_EQ(Counters().version, 4u);
  EXPECT_THAT(trainer_.told_frames, ElementsAre(0, 10, 20));
}

TEST_F(TrainingLoopTest, EndsWhenTheUpdatesAreUsed) {
  limits_.set_updates(2);
  AddBatches(5);
  EXPECT_EQ(*Run(), EndReason::kUpdateBudgetUsed);
  EXPECT_EQ(Counters().updates, 2u);
}

TEST_F(TrainingLoopTest, EndsBeforeABatchWhenTheTimeIsUsed) {
  limits_.set_seconds(5);
  seconds_ = 5;
  AddBatches(5);
  EXPECT_EQ(*Run(), EndReason::kTimeBudgetUsed);
  EXPECT_EQ(Counters().updates, 0u);
}

// As LearnerRun has it: the clock requests the stop, and the stop closes the assembler.
TEST_F(TrainingLoopTest, EndsWhenTheTimeIsUsedWhileItWaits) {
  limits_.set_seconds(5);
  StopSource stop;
  stop.OnStop([this] { assembler_.Close(absl::UnavailableError("stopping")); });
  std::unique_ptr<TimeLimit> clock;
  assembler_.WhenEmpty([&] {
    seconds_ = 5;
    clock = std::make_unique<TimeLimit>(
        limits_, [] { return 5.0; }, stop);
  });
  EXPECT_EQ(*Run(), EndReason::kTimeBudgetUsed);
  EXPECT_EQ(stop.reason(), "time budget used");
}

TEST_F(TrainingLoopTest, IsInterruptedWhenTheAssemblerIsClosed) {
  AddBatches(2);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(Counters().updates, 2u);
}

TEST_F(TrainingLoopTest, AGoalOnTheLastFrameIsReached) {
  limits_.set_frames(20);
  limits_.set_goal(9);
  AddEpisodes(1);
  AddEpisodes(9);
  seconds_ = 3;
  EXPECT_EQ(*Run(), EndReason::kGoalReached);
  EXPECT_EQ(Counters().frames_to_goal, 20u);
  EXPECT_EQ(Counters().seconds_to_goal, 3.0);
}

TEST_F(TrainingLoopTest, AGoalIsJudgedOverAHundredEpisodes) {
  limits_.set_goal(9);
  assembler_.Add([](Slab* slab) {
    slab->episodes.assign(EpisodeStats::kWindow - 1, EpisodeResult{100, 5, false});
  });
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(Counters().frames_to_goal, std::nullopt);
}

TEST_F(TrainingLoopTest, WithoutAGoalNoneIsReached) {
  AddEpisodes(1e9);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(Counters().frames_to_goal, std::nullopt);
}

TEST_F(TrainingLoopTest, AFailedStepEndsTheRunAndIsNotCounted) {
  AddBatches(3);
  trainer_.answers = {StepStats(), absl::InternalError("the parameters are nan")};
  const auto ended = Run();
  EXPECT_EQ(ended.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ended.status().message(), "update 2 failed: the parameters are nan");
  EXPECT_EQ(Counters().updates, 1u);
  EXPECT_EQ(store_.version(), 2u);
}

TEST_F(TrainingLoopTest, StepsLeftOutAreForgivenUnlessTheyGoOn) {
  limits_.set_skipped_steps(2);
  AddBatches(9);
  trainer_.answers = {Skipped(), Skipped(), StepStats(), Skipped(), Skipped(), Skipped()};
  const auto ended = Run();
  EXPECT_THAT(std::string(ended.status().message()),
              AllOf(HasSubstr("update 6 failed: the loss is nan"),
                    HasSubstr("3 updates in a row (limits.skipped_steps)")));
  EXPECT_EQ(state_.Read().skipped_steps, 4u);
}

TEST_F(TrainingLoopTest, ABatchWithoutAFrameIsNoUpdate) {
  trainer_.frames_of_a_batch = 0;
  AddBatches(2);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(Counters().updates, 0u);
  // But its parameters are published: those who wait for them must go on.
  EXPECT_EQ(store_.version(), 3u);
}

TEST_F(TrainingLoopTest, TheNextBatchIsOpenBeforeItsVersionIsSeen) {
  AddBatches(2);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_THAT(events_,
              ElementsAre("recycled for 2", "published 2", "recycled for 3", "published 3"));
}

TEST_F(TrainingLoopTest, SnapshotsSayWhatTheyWereTrainedOn) {
  AddBatches(3);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(store_.Newest()->version, 4u);
  EXPECT_EQ(store_.Newest()->frames, 30u);
}

TEST_F(TrainingLoopTest, CheckpointsAreDueByCount) {
  checkpointing_.set_interval_updates(2);
  AddBatches(5);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_THAT(captured_, ElementsAre(2, 4));
}

TEST_F(TrainingLoopTest, CheckpointsAreDueByTime) {
  checkpointing_.set_interval_seconds(1e-9);
  AddBatches(3);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_THAT(captured_, ElementsAre(1, 2, 3));
}

TEST_F(TrainingLoopTest, CheckpointsAreNotDueWhereNoneIsAskedFor) {
  AddBatches(3);
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_THAT(captured_, IsEmpty());
}

TEST_F(TrainingLoopTest, LagAndReplayAreCountedApart) {
  AddBatches(2);
  assembler_.Add([](Slab* slab) {
    SlabPart part;
    part.policy_version = 1;
    part.columns = 4;
    slab->parts = {part};
    slab->replayed_frames = 6;
    slab->replayed_columns = 1;
    slab->replayed_versions = {2};
  });
  EXPECT_EQ(*Run(), EndReason::kInterrupted);
  EXPECT_EQ(Counters().frames, 30u);
  EXPECT_EQ(Counters().replayed_frames, 6u);
  // It was trained on under version 3.
  EXPECT_EQ(Counters().policy_lag.count(), 4u);
  EXPECT_EQ(Counters().policy_lag.Mean(), 2);
  EXPECT_EQ(Counters().replay_age.count(), 1u);
  EXPECT_EQ(Counters().replay_age.Mean(), 1);
}

}  // namespace
}  // namespace nyala
