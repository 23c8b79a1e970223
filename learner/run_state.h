// RunState: how far a run is, shared by the training loop that writes it and those who report it.
//
// Threads: any, through Update and Read; both are short.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/mutex.h"
#include "learner/run/run_counters.h"
#include "learner/training/trainer.h"

namespace nyala {

struct RunState {
  RunCounters counters;
  // By actors of earlier incarnations, whether trained on or not.
  uint64_t environment_frames_before = 0;
  // Wall seconds that earlier incarnations took.
  double seconds_before = 0;

  // Seconds of this process that the trainer waited for a batch, and trained.
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
  // One value of it, for those who need no copy of the whole.
  template <typename Get>
  auto Read(Get get) const {
    MutexLock lock(mu_);
    return get(state_);
  }

 private:
  mutable Mutex mu_;
  RunState state_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
