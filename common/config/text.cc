#include "common/config/text.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/config/fields.h"
#include "common/system/file.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace nyala {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
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

// The path of the first field of that name that holds an enum, and the enum.
std::optional<std::pair<std::string, const EnumDescriptor*>> FindEnum(const Descriptor& type,
                                                                      absl::string_view name) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.enum_type() != nullptr && field.name() == name) {
      return std::make_pair(field.name(), field.enum_type());
    }
    if (field.message_type() == nullptr) continue;
    if (auto found = FindEnum(*field.message_type(), name)) {
      found->first = absl::StrCat(field.name(), ".", found->first);
      return found;
    }
  }
  return std::nullopt;
}

// `Unknown enumeration value of "y" for field "x".`
std::optional<std::string> ExplainUnknownEnum(const Descriptor& type, absl::string_view message) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  if (parts.size() != 5 || parts[0] != "Unknown enumeration value of ") return std::nullopt;
  const auto found = FindEnum(type, parts[3]);
  if (!found.has_value()) return std::nullopt;
  return UnknownNameMessage(absl::StrCat("value of ", found->first), parts[1],
                            EnumNames(*found->second));
}

// Keeps the first error: those after it are its consequences as a rule.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  FirstError(absl::string_view origin, const Descriptor& type) : origin_(origin), type_(type) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!status_.ok()) return;
    std::string text(absl::StripSuffix(message, "."));
    if (const auto explained = ExplainUnknownField(message)) text = *explained;
    if (const auto explained = ExplainUnknownEnum(type_, message)) text = *explained;
    // Protobuf counts both from 0, and gives -1 for "nowhere".
    status_ = absl::InvalidArgumentError(
        line < 0 ? absl::StrCat(origin_, ": ", text)
                 : absl::StrCat(origin_, ":", line + 1, ":", column + 1, ": ", text));
  }

  const absl::Status& status() const { return status_; }

 private:
  const std::string origin_;
  const Descriptor& type_;
  absl::Status status_;
};

}  // namespace

absl::Status ParseText(absl::string_view text, absl::string_view origin,
                       google::protobuf::Message* message) {
  FirstError errors(origin, *message->GetDescriptor());
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (parser.ParseFromString(std::string(text), message)) return absl::OkStatus();
  if (!errors.status().ok()) return errors.status();
  return absl::InvalidArgumentError(
      absl::StrCat(origin, ": not a ", message->GetDescriptor()->name()));
}

absl::StatusOr<RunConfig> ParseConfig(absl::string_view text, absl::string_view origin) {
  RunConfig config;
  NYALA_RETURN_IF_ERROR(ParseText(text, origin, &config));
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
