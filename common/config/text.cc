#include "common/config/text.h"

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/config/fields.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace nyala {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// `Message type "nyala.X" has no field named "y".` said in our words, with the nearest name.
std::optional<std::string> ExplainUnknownField(absl::string_view message) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  if (parts.size() != 5 || parts[0] != "Message type " || parts[2] != " has no field named ") {
    return std::nullopt;
  }
  const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(parts[1]);
  if (type == nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  return UnknownNameMessage("field", parts[3], names);
}

// `Unknown enumeration value of "y" for field "x".`
std::optional<std::string> ExplainUnknownEnum(absl::string_view message) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  if (parts.size() != 5 || parts[0] != "Unknown enumeration value of ") return std::nullopt;
  for (const std::string& path : ConfigFieldPaths()) {
    const FieldDescriptor* field = FindConfigField(path)->back();
    if (field->name() != parts[3] || field->enum_type() == nullptr) continue;
    return UnknownNameMessage(absl::StrCat("value of ", path), parts[1],
                              EnumNames(*field->enum_type()));
  }
  return std::nullopt;
}

// Keeps the first error: those after it are its consequences as a rule.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(absl::string_view origin) : origin_(origin) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!status_.ok()) return;
    std::string text(absl::StripSuffix(message, "."));
    if (const auto explained = ExplainUnknownField(message)) text = *explained;
    if (const auto explained = ExplainUnknownEnum(message)) text = *explained;
    // Protobuf counts both from 0, and gives -1 for "nowhere".
    status_ = absl::InvalidArgumentError(
        line < 0 ? absl::StrCat(origin_, ": ", text)
                 : absl::StrCat(origin_, ":", line + 1, ":", column + 1, ": ", text));
  }

  const absl::Status& status() const { return status_; }

 private:
  const std::string origin_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<RunConfig> ParseConfig(absl::string_view text, absl::string_view origin) {
  FirstError errors(origin);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  RunConfig config;
  if (!parser.ParseFromString(std::string(text), &config)) {
    if (!errors.status().ok()) return errors.status();
    return absl::InvalidArgumentError(absl::StrCat(origin, ": not a run configuration"));
  }
  return config;
}

absl::StatusOr<RunConfig> LoadConfigFile(const std::string& path) {
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseConfig(text, path);
}

std::string ToText(const RunConfig& config) {
  std::string text;
  TextFormat::PrintToString(config, &text);
  return text;
}

}  // namespace nyala
