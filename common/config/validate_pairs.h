// Fields of a RunConfig that only make sense together; used by validate.cc. Pure; any thread.
#pragma once

#include "absl/status/status.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// InvalidArgument names both fields and the fix. Each field by itself must be valid.
absl::Status ValidatePairs(const RunConfig& config);

}  // namespace nyala
