// The names in a RunConfig that are looked up in registries. Any thread.
#pragma once

#include "absl/status/status.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// InvalidArgument with the nearest right name when the algorithm, the network, the optimizer or the
// action distribution is none that this program knows. The environment finds out by being made.
absl::Status CheckNames(const RunConfig& config);

}  // namespace nyala
