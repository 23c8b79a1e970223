// Changing single fields of a RunConfig, and laying one RunConfig over another. Any thread.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// Sets one field from "path.to.field=value". A list takes its values comma-separated and replaces
// the old one ("network.hidden=64,64"; nothing after the = empties it); whole numbers may be
// written as 1e6; the value of an enum may be in lower case. InvalidArgument names the field, and
// leaves `config` as it was.
absl::Status ApplyOverride(absl::string_view assignment, RunConfig* config);

// Every field that `over` sets replaces that of `config`; unlike MergeFrom, lists too.
void Overlay(const RunConfig& over, RunConfig* config);

}  // namespace nyala
