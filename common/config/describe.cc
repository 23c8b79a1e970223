#include "common/config/describe.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/config/defaults.h"
#include "common/config/embedded.h"
#include "common/config/fields.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "nyala/run_config.pb.h"

namespace nyala {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;
using google::protobuf::SourceLocation;
using google::protobuf::TextFormat;

// The schema as protoc saw it, comments included.
const DescriptorPool& DocumentedPool() {
  static const DescriptorPool& pool = *[] {
    const EmbeddedFile* file = FindEmbeddedFile("run_config.descriptor");
    NYALA_CHECK(file != nullptr, "the schema is not in the binary");
    FileDescriptorSet files;
    NYALA_CHECK(files.ParseFromArray(file->data, static_cast<int>(file->size)),
                "the schema in the binary is damaged");
    auto* built = new DescriptorPool;
    for (const auto& proto : files.file()) built->BuildFile(proto);
    return built;
  }();
  return pool;
}

std::string Comment(const FieldDescriptor& field) {
  const FieldDescriptor* documented = DocumentedPool().FindFieldByName(field.full_name());
  NYALA_CHECK(documented != nullptr, "the schema in the binary is of another version");
  SourceLocation location;
  if (!documented->GetSourceLocation(&location)) return "";
  const std::vector<std::string> words =
      absl::StrSplit(location.leading_comments, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  return absl::StrJoin(words, " ");
}

std::string ValueText(const Message& message, const FieldDescriptor* field) {
  const auto& reflection = *message.GetReflection();
  std::vector<std::string> values;
  const bool list = field->is_repeated();
  const int count = list ? reflection.FieldSize(message, field)
                         : static_cast<int>(reflection.HasField(message, field));
  for (int i = 0; i < count; ++i) {
    std::string text;
    TextFormat::PrintFieldValueToString(message, field, list ? i : -1, &text);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      text = reflection.GetString(message, field);
    }
    values.push_back(text);
  }
  return absl::StrJoin(values, ",");
}

}  // namespace

absl::StatusOr<std::string> ConfigFieldText(const RunConfig& config, absl::string_view path) {
  NYALA_ASSIGN_OR_RETURN(const std::vector<const FieldDescriptor*> fields, FindConfigField(path));
  const Message* message = &config;
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    message = &message->GetReflection()->GetMessage(*message, fields[i]);
  }
  return ValueText(*message, fields.back());
}

std::vector<FieldHelp> DescribeFields() {
  RunConfig defaults;
  FillDefaults(&defaults);
  std::vector<FieldHelp> help;
  for (const std::string& path : ConfigFieldPaths()) {
    const FieldDescriptor& field = *FindConfigField(path)->back();
    help.push_back(
        {path, ConfigFieldType(field), *ConfigFieldText(defaults, path), Comment(field)});
  }
  return help;
}

}  // namespace nyala
