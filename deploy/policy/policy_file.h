// A run's policy as a file that Python runs without this project. LibTorch stays out of this
// header. Threads: one at a time.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/rl/snapshot.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// The contents of a TorchScript file (common/nn/export.h) of the run's network with these
// parameters. FailedPrecondition: they are another network's.
absl::StatusOr<std::string> PolicyFile(const RunConfig& config,
                                       const ParameterSnapshot& parameters);

}  // namespace nyala
