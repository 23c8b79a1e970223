// What every field of the run configuration means, from the comments of run_config.proto.
//
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct FieldHelp {
  std::string path;  // "algorithm.discount"
  std::string type;  // as ConfigFieldType
  // As it would be written on the command line; empty when there is none.
  std::string default_value;
  // The field's comment in one paragraph; empty where the comment before it speaks for both.
  std::string comment;
};

// In the order of the .proto.
std::vector<FieldHelp> DescribeFields();

// The value that `config` gives a field, as it would be written on the command line; empty where it
// gives none. InvalidArgument when there is no such field.
absl::StatusOr<std::string> ConfigFieldText(const RunConfig& config, absl::string_view path);

}  // namespace nyala
