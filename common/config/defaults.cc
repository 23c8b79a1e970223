#include "common/config/defaults.h"

#include "google/protobuf/descriptor.h"

namespace nyala {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Reads the unset field, which yields its default, and sets it to that.
void SetToDefault(const FieldDescriptor* field, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(message, field, field->default_value_bool());
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(message, field, field->default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(message, field, field->default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(message, field, field->default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(message, field, field->default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(message, field, field->default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(message, field, field->default_value_double());
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(message, field, field->default_value_string());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnum(message, field, field->default_value_enum());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

void FillMessage(Message* message) {
  const Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillMessage(reflection.MutableMessage(message, field));
    } else if (field->has_default_value() && !reflection.HasField(*message, field)) {
      SetToDefault(field, message);
    }
  }
}

}  // namespace

void FillDefaults(RunConfig* config) {
  FillMessage(config);
  // proto2 has no defaults for lists; these are the documented ones.
  NetworkConfig& network = *config->mutable_network();
  if (network.hidden().empty()) {
    network.add_hidden(64);
    network.add_hidden(64);
  }
  if (network.channels().empty()) {
    network.add_channels(16);
    network.add_channels(32);
  }
}

}  // namespace nyala
