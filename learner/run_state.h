// RunState: how far a run is, shared by the training loop that writes it and those who report it.
//
// Threads: any, through Update and Read; both are short.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/histogram.h"
#include "common/base/mutex.h"
#include "learner/run/episode_stats.h"
#include "learner/training/trainer.h"

namespace nyala {

struct RunState {
  // Goes up by one per optimizer step, from 1.
  uint64_t version = 1;
  uint64_t updates = 0;
  // Trained on; what is replayed counts apart, or a budget in environment frames would end early.
  uint64_t frames = 0;
  uint64_t replayed_frames = 0;
  // By actors of earlier incarnations, whether trained on or not.
  uint64_t environment_frames_before = 0;
  // Wall seconds that earlier incarnations took.
  double seconds_before = 0;
  EpisodeStats episodes;
  Histogram lag;  // of new columns
  // In versions, of replayed columns when they were trained on again.
  Histogram replay_age;
  std::optional<double> seconds_to_goal;
  std::optional<uint64_t> frames_to_goal;

  // Of this process: seconds the trainer waited for a batch, and trained.
  double waiting_seconds = 0;
  double training_seconds = 0;
  // MonotonicSeconds since which the trainer waits now.
  std::optional<double> waiting_since;
  StepStats last_step;
  uint64_t skipped_steps = 0;
};

class SharedRunState {
 public:
  template <typename Change>
  void Update(Change change) {
    MutexLock lock(mu_);
    change(&state_);
  }
  RunState Read() const {
    MutexLock lock(mu_);
    return state_;
  }

 private:
  mutable Mutex mu_;
  RunState state_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
