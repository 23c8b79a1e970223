// Synthetic: nothing to learn, of any shape, length and cost, to measure throughput with.
//
//   synthetic:atari      uint8[84,84], 6 actions, 1000 frames
//   synthetic:cartpole   float32[4], 2 actions, 500 frames
//   synthetic:custom     float32[8], 2 actions, 1000 frames
//
// Each takes arguments that change it: shape=4x84x84, dtype=uint8|int32|float32, actions=N,
// action=discrete|continuous (N values in [-1, 1]), length=FRAMES, length_jitter=FRAMES (an
// episode's length is uniform in length +- jitter), cost_us=MICROSECONDS of every step, cost=busy
// (it computes so long) or wait (it waits, as for another machine). Observations are a window that
// moves over a table of pseudo-random numbers (bytes, 0 .. 255, or
// [-1, 1)); they and the rewards, 0 or 1, are functions of seed and step, whatever the action.
// Episodes terminate.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/environment_id.h"
#include "common/base/clock.h"

namespace nyala {

struct SyntheticOptions {
  // Complete: id, observation, action, description.
  EnvSpec spec;
  // Frames; 0 <= jitter < length.
  int64_t length = 1000, length_jitter = 0;
  // Time that a step takes.
  double cost_seconds = 0;
  bool waits = false;
  std::function<void(double seconds)> wait = SleepSeconds;
  std::function<double()> clock = MonotonicSeconds;
};

// Options in an id of this family. InvalidArgument, naming id and argument.
absl::StatusOr<SyntheticOptions> ReadSyntheticOptions(const EnvironmentId& id);

std::unique_ptr<Environment> MakeSynthetic(const SyntheticOptions& options);

}  // namespace nyala
