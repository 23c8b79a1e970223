// EnvironmentId: what `environment.id` says, taken apart.
//
//   CartPole-v1                              a registered name
//   LunarLander-v3,enable_wind=true          with arguments
//   gym:gymnasium:CartPole-v1                a family, "gym:", and which of it
//   synthetic:atari,cost_us=100              both
//
// Neither name nor arguments hold a comma. Values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nyala {

struct EnvironmentId {
  // As it was given.
  std::string text;
  // What the environment is registered as: all before the first comma, or a family's prefix up to
  // and with its colon (or slash, which the registry knows).
  std::string name;
  // What follows a family's prefix.
  std::string rest;
  std::map<std::string, std::string> arguments;
};

// InvalidArgument when an argument is not NAME=VALUE or is given twice.
absl::StatusOr<EnvironmentId> ParseEnvironmentId(const std::string& text);

// An argument that an environment takes, and where its value goes. Targets that the id does not
// name keep what they hold.
struct EnvironmentArgument {
  const char* name;
  std::variant<bool*, int64_t*, double*, std::string*> target;
};

// InvalidArgument, naming the id, when it has an argument that is not among `known`, or whose value
// is not of the target's type.
absl::Status ReadArguments(const EnvironmentId& id,
                           std::initializer_list<EnvironmentArgument> known);

// Why it cannot be made, with its id before it: "environment 'ID': WHAT".
absl::Status OfEnvironment(const EnvironmentId& id, const absl::Status& why);

}  // namespace nyala
