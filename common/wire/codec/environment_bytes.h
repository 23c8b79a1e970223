// An EnvSpec, or why there is none, as bytes for another process. Pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rl/specs.h"

namespace nyala {

std::string EnvSpecToBytes(const absl::StatusOr<EnvSpec>& spec);
// What went in; InvalidArgument when these are no such bytes.
absl::StatusOr<EnvSpec> EnvSpecFromBytes(absl::string_view bytes);

}  // namespace nyala
