#include "common/config/override.h"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/config/fields.h"

namespace nyala {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool ParseValue(const std::string& text, bool* value) { return absl::SimpleAtob(text, value); }
bool ParseValue(const std::string& text, double* value) { return absl::SimpleAtod(text, value); }

template <typename Integer, typename = std::enable_if_t<std::is_integral_v<Integer>>>
bool ParseValue(const std::string& text, Integer* value) {
  if (absl::SimpleAtoi(text, value)) return true;
  // 1e6, 2.5e5: exact as long as a double holds every whole number.
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || number != std::floor(number)) return false;
  const double low = std::numeric_limits<Integer>::is_signed ? -0x1p53 : 0;
  if (number < low || number > 0x1p53) return false;
  if (number > static_cast<double>(std::numeric_limits<Integer>::max())) return false;
  if (number < static_cast<double>(std::numeric_limits<Integer>::lowest())) return false;
  *value = static_cast<Integer>(number);
  return true;
}

// Sets or appends one value; false when `text` is not of the field's type.
class FieldWriter {
 public:
  FieldWriter(Message* message, const FieldDescriptor* field)
      : message_(message), field_(field), reflection_(message->GetReflection()) {}

  bool Write(const std::string& text) {
    switch (field_->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return WriteAs<bool>(text, &Reflection::SetBool, &Reflection::AddBool);
      case FieldDescriptor::CPPTYPE_INT32:
        return WriteAs<int32_t>(text, &Reflection::SetInt32, &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return WriteAs<int64_t>(text, &Reflection::SetInt64, &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return WriteAs<uint32_t>(text, &Reflection::SetUInt32, &Reflection::AddUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return WriteAs<uint64_t>(text, &Reflection::SetUInt64, &Reflection::AddUInt64);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return WriteAs<double>(text, &Reflection::SetDouble, &Reflection::AddDouble);
      case FieldDescriptor::CPPTYPE_STRING:
        Store(text, &Reflection::SetString, &Reflection::AddString);
        return true;
      case FieldDescriptor::CPPTYPE_ENUM:
        return WriteEnum(text);
      default:
        return false;
    }
  }

 private:
  template <typename Value, typename Setter, typename Adder>
  bool WriteAs(const std::string& text, Setter set, Adder add) {
    Value value{};
    if (!ParseValue(text, &value)) return false;
    Store(value, set, add);
    return true;
  }

  bool WriteEnum(const std::string& text) {
    const EnumValueDescriptor* value =
        field_->enum_type()->FindValueByName(absl::AsciiStrToUpper(text));
    if (value == nullptr) return false;
    Store(value, &Reflection::SetEnum, &Reflection::AddEnum);
    return true;
  }

  template <typename Value, typename Setter, typename Adder>
  void Store(const Value& value, Setter set, Adder add) {
    if (field_->is_repeated()) {
      (reflection_->*add)(message_, field_, value);
    } else {
      (reflection_->*set)(message_, field_, value);
    }
  }

  Message* const message_;
  const FieldDescriptor* const field_;
  const Reflection* const reflection_;
};

absl::Status WrongValue(absl::string_view path, const FieldDescriptor& field,
                        const std::string& text) {
  std::string hint;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const std::string nearest = NearestName(text, EnumNames(*field.enum_type()));
    if (!nearest.empty()) hint = absl::StrCat("; did you mean '", nearest, "'?");
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, "='", text, "': expected ", ConfigFieldType(field), hint));
}

void ClearReplacedLists(const Message& over, Message* target) {
  const Reflection& reflection = *over.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(over, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) {
      reflection.ClearField(target, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ClearReplacedLists(reflection.GetMessage(over, field),
                         reflection.MutableMessage(target, field));
    }
  }
}

}  // namespace

absl::Status ApplyOverride(absl::string_view assignment, RunConfig* config) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(assignment, absl::MaxSplits('=', 1));
  const std::string path(absl::StripAsciiWhitespace(parts.first));
  if (assignment.find('=') == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", assignment, "' is not of the form path.to.field=value"));
  }
  NYALA_ASSIGN_OR_RETURN(const std::vector<const FieldDescriptor*> fields, FindConfigField(path));
  const FieldDescriptor* field = fields.back();
  RunConfig changed = *config;
  Message* message = &changed;
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, fields[i]);
  }
  std::vector<std::string> values = {parts.second};
  if (field->is_repeated()) {
    message->GetReflection()->ClearField(message, field);
    values = absl::StrSplit(parts.second, ',', absl::SkipWhitespace());
  }
  FieldWriter writer(message, field);
  for (const std::string& value : values) {
    if (!writer.Write(std::string(absl::StripAsciiWhitespace(value)))) {
      return WrongValue(path, *field, value);
    }
  }
  config->Swap(&changed);
  return absl::OkStatus();
}

void Overlay(const RunConfig& over, RunConfig* config) {
  // Empty the lists that `over` replaces; the rest is what MergeFrom does.
  ClearReplacedLists(over, config);
  config->MergeFrom(over);
}

}  // namespace nyala
