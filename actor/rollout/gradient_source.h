// GradientSource: the gradient of an unroll's loss, computed where the unroll was collected (a3c).
//
// LibTorch stays out of this header. Threads: an instance is used by one thread at a time; making
// one is not thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rl/snapshot.h"
#include "common/rl/specs.h"
#include "common/rl/unroll.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class GradientSource {
 public:
  virtual ~GradientSource() = default;
  // Computes at these parameters, and at their point of the run's schedules, from now on.
  // FailedPrecondition: they are another network's.
  virtual absl::Status Load(const ParameterSnapshot& snapshot) = 0;
  // Sets the unroll's gradient and facts from its rows. Internal when the loss cannot be computed.
  virtual absl::Status Compute(Unroll* unroll) = 0;
};

// The run's algorithm on the run's network, on the host. InvalidArgument when the network does not
// fit the environment.
absl::StatusOr<std::unique_ptr<GradientSource>> MakeLocalGradientSource(const RunConfig& config,
                                                                        const EnvSpec& env);

using GradientFactory = std::function<absl::StatusOr<std::unique_ptr<GradientSource>>(
    const RunConfig& config, const EnvSpec& env)>;

}  // namespace nyala
