// What every VectorEnv looks for in the rows it hands on, and how it names an environment that
// failed. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rl/specs.h"

namespace nyala {

// Internal, "environment 'ID' (number N): WHAT". Never the code that the environment failed with:
// to an actor, some mean that the learner is away.
absl::Status EnvironmentFailure(const std::string& id, uint64_t number, absl::string_view what);

// The same when an observation of [E, ...] or a reward of [E] is not a
// finite number. `rewards` may be null. `first_environment` is the number of column 0.
absl::Status CheckFinite(const std::string& id, uint64_t first_environment,
                         const TensorSpec& observation, int64_t E, const uint8_t* observations,
                         const float* rewards);

}  // namespace nyala
