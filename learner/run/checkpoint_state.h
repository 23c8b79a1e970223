// state.json of a checkpoint: its counters. Used by checkpoint.cc only.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "learner/run/checkpoint.h"

namespace nyala {

std::string EncodeCheckpointState(const Checkpoint& checkpoint);

// Fills everything but the config and the tensors. FailedPrecondition: another format;
// InvalidArgument names the field that is wrong.
absl::Status DecodeCheckpointState(absl::string_view text, Checkpoint* checkpoint);

}  // namespace nyala
