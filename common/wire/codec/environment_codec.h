// EnvSpec <-> proto/nyala/environment.proto, and the bytes by which a process tells another what an
// environment is.
//
// Pure functions. Decoding never trusts its input: InvalidArgument names the field.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rl/specs.h"
#include "nyala/environment.pb.h"

namespace nyala {

wire::EnvironmentSpec EncodeEnvSpec(const EnvSpec& spec);
// Sizes are bounded (one observation by 1 GiB), so that a peer cannot make us allocate at will.
absl::StatusOr<EnvSpec> DecodeEnvSpec(const wire::EnvironmentSpec& message);

}  // namespace nyala
