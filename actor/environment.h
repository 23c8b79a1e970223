// Environment: one simulated task.
//
// Contract (tests/conformance checks every implementation):
//   - spec() is constant; observations and actions have exactly its shapes and dtypes;
//   - Reset(seed) starts an episode that is a pure function of `seed` and the actions that follow;
//   - Step after an end, or before the first Reset, is the caller's error;
//   - copies share no state; Step allocates nothing, but for what an engine of other people does by
//     itself (Box2D's pools, Python's objects).
// One that cannot go on (a simulator that is gone, an exception in somebody's code) calls Fail; its
// caller looks at failure() after every Reset and Step and does not use it any more.
// Memory belongs to the caller: observations are written straight into batch memory.
// Threads: an instance is used by one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actor/canvas.h"
#include "common/rl/specs.h"

namespace nyala {

// Where an observation goes: spec().observation.bytes() bytes.
struct ObservationRef {
  void* data;
  float* floats() const { return static_cast<float*>(data); }
  uint8_t* bytes() const { return static_cast<uint8_t*>(data); }
};

// The action taken: one int32, or spec().action.n int32 or float values, as its kind says.
struct ActionRef {
  const void* data;
  int32_t discrete() const { return *static_cast<const int32_t*>(data); }
  const int32_t* multi() const { return static_cast<const int32_t*>(data); }
  const float* continuous() const { return static_cast<const float*>(data); }
};

struct StepResult {
  float reward = 0;
  // The task ended: nothing follows.
  bool terminated = false;
  // A limit cut the episode; it would have gone on. Together with `terminated` it is an error.
  bool truncated = false;
  // Only with `terminated`: a stretch of the episode ended, as a life of several does. To the
  // learner it is an end; the next Reset, whose seed is not used, goes on with the episode, whose
  // return and length count all its stretches.
  bool goes_on = false;
};

// In pixels.
struct DrawingSize {
  int width = 0, height = 0;
};

class Environment {
 public:
  virtual ~Environment() = default;
  virtual const EnvSpec& spec() const = 0;
  virtual void Reset(uint64_t seed, ObservationRef observation) = 0;
  virtual StepResult Step(ActionRef action, ObservationRef observation) = 0;

  // Snapshot in the middle of an episode, where it is cheap: SaveState appends to `state`, and
  // RestoreState on another instance continues exactly there. The default says Unimplemented;
  // resumed runs then start fresh episodes.
  virtual absl::Status SaveState(std::string* state) const;
  virtual absl::Status RestoreState(absl::string_view state);

  // The size that suits its drawing; 0 x 0: it does not draw.
  virtual DrawingSize drawing_size() const { return {}; }
  // Draws where it stands, into a canvas of any size.
  virtual void Draw(Canvas&) const {}

  // Why it cannot go on; OK as long as it can.
  const absl::Status& failure() const { return failure_; }

 protected:
  void Fail(absl::Status failure) { failure_ = std::move(failure); }

 private:
  absl::Status failure_;
};

}  // namespace nyala
