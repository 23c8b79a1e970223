// What every field of the run configuration means, from the comments of run_config.proto.
//
// Any thread.
#pragma once

#include <string>
#include <vector>

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

}  // namespace nyala
