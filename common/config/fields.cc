#include "common/config/fields.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/suggest.h"
#include "nyala/run_config.pb.h"

namespace nyala {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsGroup(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

void AppendPaths(const Descriptor& type, const std::string& prefix,
                 std::vector<std::string>* paths) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string path = prefix + field.name();
    if (IsGroup(field)) {
      AppendPaths(*field.message_type(), path + ".", paths);
    } else {
      paths->push_back(path);
    }
  }
}

absl::Status UnknownField(absl::string_view path) {
  const std::vector<std::string> paths = ConfigFieldPaths();
  const std::string last =
      absl::StrCat(".", std::vector<std::string>(absl::StrSplit(path, '.')).back());
  // A right name in the wrong group is a nearer guess than a similar spelling.
  for (const std::string& candidate : paths) {
    if (absl::EndsWith(candidate, last)) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown field '", path, "'; did you mean '", candidate, "'?"));
    }
  }
  const std::string nearest = NearestName(path, paths);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown field '", path, "'; ",
                   nearest.empty() ? "`nyala help config` lists all"
                                   : absl::StrCat("did you mean '", nearest, "'?")));
}

absl::Status NamesGroup(absl::string_view path, const Descriptor& type) {
  std::vector<std::string> members;
  AppendPaths(type, absl::StrCat(path, "."), &members);
  return absl::InvalidArgumentError(absl::StrCat("'", path, "' is a group of fields; name one of ",
                                                 absl::StrJoin(members, ", ")));
}

std::string ScalarType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "number";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("one of ", absl::StrJoin(EnumNames(*field.enum_type()), ", "));
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "whole number, not negative";
    default:
      return "whole number";
  }
}

}  // namespace

std::vector<std::string> ConfigFieldPaths() {
  std::vector<std::string> paths;
  AppendPaths(*RunConfig::descriptor(), "", &paths);
  return paths;
}

absl::StatusOr<std::vector<const FieldDescriptor*>> FindConfigField(absl::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  const Descriptor* type = RunConfig::descriptor();
  for (absl::string_view name : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field =
        type == nullptr ? nullptr : type->FindFieldByName(std::string(name));
    if (field == nullptr) return UnknownField(path);
    fields.push_back(field);
    type = IsGroup(*field) ? field->message_type() : nullptr;
  }
  if (type != nullptr) return NamesGroup(path, *type);
  return fields;
}

std::string ConfigFieldType(const FieldDescriptor& field) {
  return field.is_repeated() ? absl::StrCat("list of ", ScalarType(field), "s") : ScalarType(field);
}

std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

}  // namespace nyala
