// JsonFields: typed reads of a JSON object's fields, for the run folder's own small files.
//
// Reads go on after a failure and leave their targets alone; status() tells the first failure.
// Include it in .cc files only: the JSON header is slow to compile. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace nyala {

inline absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view text) {
  nlohmann::json json = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("it is not a JSON object");
  return json;
}

// One text for a file: invalid UTF-8 is replaced, NaN and infinities become null.
template <typename Json>
std::string DumpJson(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

class JsonFields {
 public:
  // `object` must be an object and outlive this.
  explicit JsonFields(const nlohmann::json& object) : object_(object) {}

  template <typename T>
  void Read(const char* name, T* target) {
    const auto found = object_.find(name);
    if (found == object_.end()) return Fail(name, "is missing");
    if (!Convert(*found, target)) Fail(name, "has a wrong type or value");
  }
  // The field as it is; null (and a failure) when it is missing.
  const nlohmann::json& At(const char* name) {
    static const nlohmann::json& none = *new nlohmann::json;
    const auto found = object_.find(name);
    if (found != object_.end()) return *found;
    Fail(name, "is missing");
    return none;
  }
  void Fail(const char* name, absl::string_view why) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat("field '", name, "' ", why));
  }
  const absl::Status& status() const { return status_; }

 private:
  using Json = nlohmann::json;

  static bool Convert(const Json& value, uint64_t* target) {
    if (!value.is_number_unsigned()) return false;
    *target = value.get<uint64_t>();
    return true;
  }
  static bool Convert(const Json& value, uint32_t* target) {
    uint64_t wide = 0;
    if (!Convert(value, &wide) || wide > std::numeric_limits<uint32_t>::max()) return false;
    *target = static_cast<uint32_t>(wide);
    return true;
  }
  // Null is NaN, as DumpJson writes it.
  static bool Convert(const Json& value, double* target) {
    if (!value.is_number() && !value.is_null()) return false;
    *target = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
    return true;
  }
  static bool Convert(const Json& value, bool* target) {
    if (!value.is_boolean()) return false;
    *target = value.get<bool>();
    return true;
  }
  static bool Convert(const Json& value, std::string* target) {
    if (!value.is_string()) return false;
    *target = value.get<std::string>();
    return true;
  }
  template <typename T>
  static bool Convert(const Json& value, std::optional<T>* target) {
    T inner{};
    if (!value.is_null() && !Convert(value, &inner)) return false;
    *target = value.is_null() ? std::nullopt : std::optional<T>(std::move(inner));
    return true;
  }

  const nlohmann::json& object_;
  absl::Status status_;
};

}  // namespace nyala
