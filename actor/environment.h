// Environment: one simulated task.
//
// Contract (tests/conformance checks every implementation):
//   - spec() is constant; observations and actions have exactly its shapes and dtypes;
//   - Reset(seed) starts an episode that is a pure function of `seed` and the actions that follow;
//   - Step after an end, or before the first Reset, is the caller's error;
//   - copies share no state; Step allocates nothing.
// Memory belongs to the caller: observations are written straight into batch memory.
// Threads: an instance is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/registry.h"
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
  // A limit cut the episode; it would have gone on. Never set together with `terminated`.
  bool truncated = false;
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
};

// Arguments of an environment's factory; room for options that come with an id.
using EnvironmentRegistry = Registry<absl::StatusOr<std::unique_ptr<Environment>>>;

// All environments this program knows, filled by register_environments.cc on first use; a program
// of a user's own may add to it before it starts anything.
EnvironmentRegistry& Environments();

}  // namespace nyala
