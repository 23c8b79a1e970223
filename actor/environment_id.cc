#include "actor/environment_id.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/suggest.h"

namespace nyala {
namespace {

// Sets the target, or returns what its value should have been.
struct Reader {
  const std::string& value;
  const char* operator()(bool* target) const {
    return absl::SimpleAtob(value, target) ? nullptr : "true or false";
  }
  const char* operator()(int64_t* target) const {
    return absl::SimpleAtoi(value, target) ? nullptr : "a whole number";
  }
  const char* operator()(double* target) const {
    double number = 0;
    if (!absl::SimpleAtod(value, &number) || !std::isfinite(number)) return "a number";
    *target = number;
    return nullptr;
  }
  const char* operator()(std::string* target) const {
    *target = value;
    return nullptr;
  }
};

absl::Status Unknown(const EnvironmentId& id, const std::string& name,
                     std::initializer_list<EnvironmentArgument> known) {
  if (known.size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("environment '", id.text, "' takes no arguments"));
  }
  std::vector<std::string> names;
  for (const EnvironmentArgument& argument : known) names.emplace_back(argument.name);
  return absl::InvalidArgumentError(
      absl::StrCat("environment '", id.text, "': ", UnknownNameMessage("argument", name, names)));
}

}  // namespace

absl::StatusOr<EnvironmentId> ParseEnvironmentId(const std::string& text) {
  EnvironmentId id;
  id.text = text;
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  const size_t colon = parts[0].find(':');
  id.name = parts[0].substr(0, colon == std::string::npos ? colon : colon + 1);
  id.rest = parts[0].substr(id.name.size());
  for (size_t i = 1; i < parts.size(); ++i) {
    std::pair<std::string, std::string> argument =
        absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
    if (argument.first.empty() || parts[i].find('=') == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment '", text, "': '", parts[i], "' is not of the form NAME=VALUE"));
    }
    if (!id.arguments.insert(std::move(argument)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment '", text, "' has an argument twice"));
    }
  }
  return id;
}

absl::Status ReadArguments(const EnvironmentId& id,
                           std::initializer_list<EnvironmentArgument> known) {
  for (const auto& [name, value] : id.arguments) {
    const EnvironmentArgument* argument = nullptr;
    for (const EnvironmentArgument& candidate : known) {
      if (name == candidate.name) argument = &candidate;
    }
    if (argument == nullptr) return Unknown(id, name, known);
    const char* const wanted = std::visit(Reader{value}, argument->target);
    if (wanted != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("environment '", id.text, "': argument ", name,
                                                     " must be ", wanted, ", not '", value, "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status OfEnvironment(const EnvironmentId& id, const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat("environment '", id.text, "': ", why.message()));
}

}  // namespace nyala
