// RunCounters: how far a run is; a value that goes through checkpoints and comes back the same.
//
// Written by the training loop, encoded in one place (learner/run/checkpoint_state.cc), shown by
// the summary, the progress line and the metrics. Not thread-safe: the owner guards it.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/histogram.h"
#include "learner/run/episode_stats.h"

namespace nyala {

struct RunCounters {
  // Version of the newest parameters: goes up by one with each batch that was trained on, from 1.
  uint64_t version = 1;
  // Batches that were trained on and held a frame; names checkpoints.
  uint64_t updates = 0;
  // Trained on; what is replayed counts apart, or a budget in environment frames would end early.
  uint64_t frames = 0;
  uint64_t replayed_frames = 0;
  EpisodeStats episodes;
  // In versions, of new columns when they were trained on.
  Histogram policy_lag;
  // The same of replayed columns.
  Histogram replay_age;
  // When the goal was reached: wall seconds of all processes that worked on the run, and frames.
  std::optional<double> seconds_to_goal;
  std::optional<uint64_t> frames_to_goal;

  // Whether the last 100 episodes are as good as `goal`; false while there are fewer.
  bool IsAsGoodAs(double goal) const { return episodes.full() && episodes.mean_return() >= goal; }
};

}  // namespace nyala
