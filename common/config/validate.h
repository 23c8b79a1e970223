// Impossible values of a RunConfig, found before anything starts. Pure function; any thread.
#pragma once

#include "absl/status/status.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// InvalidArgument in one line that names the field and the fix. Names that are looked up in a
// registry (environment, algorithm, network, optimizer) and what depends on an environment's shapes
// are checked where the registry and the shapes are known.
absl::Status Validate(const RunConfig& config);

}  // namespace nyala
