// RunConfig as text of a run's own files, without defaults filled in or values judged.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nyala/run_config.pb.h"

namespace nyala {

std::string FormatConfigText(const RunConfig& config);

// InvalidArgument: "line 3:7: ...". Prints nothing.
absl::StatusOr<RunConfig> ParseConfigText(absl::string_view text);

}  // namespace nyala
