// Protobuf text, which is what presets, --config files, run folders and files of tasks hold.
//
// Blocking: LoadConfigFile reads the disk. Any thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// InvalidArgument in one line, "origin:line:column: what", with the nearest right name for an
// unknown field or enum value.
absl::Status ParseText(absl::string_view text, absl::string_view origin,
                       google::protobuf::Message* message);
absl::StatusOr<RunConfig> ParseConfig(absl::string_view text, absl::string_view origin);

// As ReadFile when the file cannot be read, else as ParseConfig.
absl::StatusOr<RunConfig> LoadConfigFile(const std::string& path);

// What ParseConfig reads back as an equal message, one field per line.
std::string ToText(const RunConfig& config);

}  // namespace nyala
