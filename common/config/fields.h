// The fields of RunConfig by their dotted paths ("algorithm.discount"). Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace nyala {

// The paths of all fields that hold a value, in the order of the .proto.
std::vector<std::string> ConfigFieldPaths();

// From RunConfig down to the field that `path` names. InvalidArgument with the nearest right path
// when there is none, or when it names a group of fields instead of one.
absl::StatusOr<std::vector<const google::protobuf::FieldDescriptor*>> FindConfigField(
    absl::string_view path);

// "number", "whole number", "text", "true or false", "one of SUM, MEAN", "list of ...": what a
// value of the field is to a person.
std::string ConfigFieldType(const google::protobuf::FieldDescriptor& field);

// The names of an enum's values.
std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor& type);

}  // namespace nyala
