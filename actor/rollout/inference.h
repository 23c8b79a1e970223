// Inference: observations of E environments to sampled actions and their log-densities.
//
// The policy in the actor's own process is MakeLocalInference; another implementation may ask a
// central server. LibTorch stays out of this header.
// Threads: an instance is used by one thread at a time; making one is not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rl/action_key.h"
#include "common/rl/snapshot.h"
#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// One row of E environments, in the caller's memory.
struct ActRow {
  int64_t E = 0;
  const uint8_t* observations = nullptr;   // [E, ...]
  const uint8_t* flags = nullptr;          // [E]: where kRowFirst is set the state is reset first
  float* state = nullptr;                  // [E, S] recurrent state, in and out
  const ActionKey* keys = nullptr;         // [E]
  uint8_t* actions = nullptr;              // [E, ...] out: the policy's, for the unroll
  uint8_t* environment_actions = nullptr;  // [E, ...] out: what the environment gets for them;
                                           // may be `actions` where nothing is transformed
  float* log_mu = nullptr;                 // [E] out; 0 when greedy
};

class Inference {
 public:
  virtual ~Inference() = default;
  // S: floats of recurrent state per environment.
  virtual int64_t state_size() const = 0;
  // Acts under these parameters from now on. FailedPrecondition: they are another network's.
  virtual absl::Status Load(const ParameterSnapshot& snapshot) = 0;
  // Internal when the policy's outputs are not finite.
  virtual absl::Status Act(const ActRow& row) = 0;
};

// Greedy inference takes the mode instead of sampling. InvalidArgument when the network does not
// fit the environment.
absl::StatusOr<std::unique_ptr<Inference>> MakeLocalInference(const RunConfig& config,
                                                              const EnvSpec& env,
                                                              bool greedy = false);

using InferenceFactory = std::function<absl::StatusOr<std::unique_ptr<Inference>>(
    const RunConfig& config, const EnvSpec& env)>;

}  // namespace nyala
