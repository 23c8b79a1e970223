#include "common/wire/schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"
#include "common/base/fnv1a.h"
#include "common/base/printable.h"
#include "common/base/status_macros.h"
#include "common/wire/protocol.h"
#include "nyala/learner.pb.h"

namespace nyala {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;
using google::protobuf::ServiceDescriptor;

constexpr char kAdvice[] = "run the same build on both";
// Most bytes of a peer's name for itself, which goes into a line.
constexpr size_t kLongestName = 64;

std::string DefaultOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(field.default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(field.default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrFormat("%.9g", field.default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrFormat("%.17g", field.default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_STRING:
      return absl::StrCat("'", std::string(field.default_value_string()), "'");
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat(field.default_value_enum()->number());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "";
  }
  return "";
}

std::string LabelOf(const FieldDescriptor& field) {
  if (field.is_repeated()) return "repeated";
  if (field.is_required()) return "required";
  return field.has_presence() ? "optional" : "always";
}

// What is reachable from the methods of a service, by its full name.
class Listing {
 public:
  explicit Listing(const ServiceDescriptor& service) {
    for (int i = 0; i < service.method_count(); ++i) {
      const MethodDescriptor& method = *service.method(i);
      absl::StrAppend(
          &parts_[std::string(method.full_name())], method.full_name(),
          method.client_streaming() ? " stream " : " ", method.input_type()->full_name(),
          method.server_streaming() ? " stream " : " ", method.output_type()->full_name(), "\n");
      Add(*method.input_type());
      Add(*method.output_type());
    }
  }

  std::string text() const {
    std::string text;
    for (const auto& part : parts_) text += part.second;
    return text;
  }

 private:
  void Add(const Descriptor& message) {
    std::string& part = parts_[std::string(message.full_name())];
    if (!part.empty()) return;
    part = absl::StrCat(message.full_name(), "\n");
    std::vector<const FieldDescriptor*> fields;
    for (int i = 0; i < message.field_count(); ++i) fields.push_back(message.field(i));
    std::sort(fields.begin(), fields.end(),
              [](const auto* a, const auto* b) { return a->number() < b->number(); });
    for (const FieldDescriptor* field : fields) part += Line(*field);
  }

  void Add(const EnumDescriptor& type) {
    std::string& part = parts_[std::string(type.full_name())];
    if (!part.empty()) return;
    std::map<int, std::string> values;
    for (int i = 0; i < type.value_count(); ++i) {
      absl::StrAppend(&values[type.value(i)->number()], " ", type.value(i)->name());
    }
    part = absl::StrCat(type.full_name(), "\n");
    for (const auto& [number, names] : values) absl::StrAppend(&part, "  ", number, names, "\n");
  }

  std::string Line(const FieldDescriptor& field) {
    std::string type(field.type_name());
    if (field.message_type() != nullptr) {
      type = field.message_type()->full_name();
      Add(*field.message_type());
    } else if (field.enum_type() != nullptr) {
      type = field.enum_type()->full_name();
      Add(*field.enum_type());
    }
    const auto* const choice = field.real_containing_oneof();
    return absl::StrCat("  ", field.number(), " ", field.name(), " ", LabelOf(field), " ", type,
                        " ", DefaultOf(field), choice == nullptr ? "" : " of ",
                        choice == nullptr ? "" : std::string(choice->name()), "\n");
  }

  std::map<std::string, std::string> parts_;
};

// "JoinResponse.config field 99" for the first field of it that is unknown; empty: there is none.
std::string FindUnknown(const google::protobuf::Message& message, const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) return absl::StrCat(path, " with field ", unknown.field(0).number());
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr) continue;
    const std::string inner = absl::StrCat(path, ".", std::string(field->name()));
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      std::string found =
          FindUnknown(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      inner);
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace

Build ThisBuild() { return {"nyala " NYALA_VERSION, kProtocolVersion, SchemaHash()}; }

std::string Describe(const Build& build) {
  const std::string name =
      build.name.empty() ? "an earlier nyala" : Printable(build.name.substr(0, kLongestName));
  const std::string schema =
      build.schema == 0 ? "without a schema" : absl::StrFormat("schema %016x", build.schema);
  return absl::StrCat(name, " (protocol ", build.protocol, ", ", schema, ")");
}

absl::Status CheckSameBuild(const Build& actor, const Build& learner) {
  if (actor.protocol == learner.protocol && actor.schema == learner.schema) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the actor is ", Describe(actor), " and the learner ", Describe(learner), ": ", kAdvice));
}

absl::Status CheckKnown(const google::protobuf::Message& message, absl::string_view peer) {
  const std::string unknown = FindUnknown(message, std::string(message.GetDescriptor()->name()));
  if (unknown.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      peer, " sent ", unknown, ", which ", Describe(ThisBuild()), " does not know: ", kAdvice));
}

uint64_t SchemaHash() {
  static const uint64_t hash = Fnv1a(SchemaListing());
  return hash;
}

std::string SchemaListing() {
  const ServiceDescriptor* const service =
      wire::JoinRequest::descriptor()->file()->FindServiceByName("Learner");
  NYALA_CHECK(service != nullptr, "the learner's service has another name");
  return Listing(*service).text();
}

}  // namespace nyala
