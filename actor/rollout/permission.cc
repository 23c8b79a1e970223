#include "actor/rollout/permission.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actor/vector_env.h"
#include "common/base/printable.h"
#include "common/base/shell_quote.h"
#include "common/base/status_macros.h"
#include "common/nn/network_name.h"

namespace nyala {
namespace {

bool IsMark(char c) { return c == ':' || c == '/'; }

// Whether `text` is `prefix` or a part of it, as Permission::Allow says.
bool IsWithin(absl::string_view text, absl::string_view prefix) {
  if (!absl::ConsumePrefix(&text, prefix)) return false;
  if (text.empty()) return true;
  if (!IsMark(text[0]) && (prefix.empty() || !IsMark(prefix.back()))) return false;
  for (const absl::string_view part : absl::StrSplit(text, absl::ByAnyChar(":/"))) {
    if (part == "..") return false;
  }
  if (!absl::StrContains(absl::StripSuffix(prefix, ":"), ':')) return true;
  if (IsMark(text[0])) text.remove_prefix(1);
  return !absl::StrContains(text, ':');
}

absl::Status Refusal(absl::string_view kind, const std::string& asked, absl::string_view does,
                     absl::string_view but, const std::string& allowed) {
  return absl::FailedPreconditionError(Printable(absl::StrCat(
      "the learner asks for ", kind, " '", asked, "', which ", does, but,
      "; if that is what you want, start this actor with --allow=", ShellQuote(allowed))));
}

// What Allow would have to be given.
std::string NameOf(const Outside& outside) {
  std::string name = outside.head;
  for (const auto& [argument, value] : outside.arguments) {
    absl::StrAppend(&name, ",", argument, "=", value);
  }
  return name;
}

}  // namespace

Permission Permission::For(const RunConfig& config) {
  Permission permission;
  permission.exactly_ = {config.environment().id(), config.network().name()};
  return permission;
}

absl::Status Permission::Allow(const std::string& allowed) {
  if (allowed.empty() || allowed[0] == ',') {
    return absl::InvalidArgumentError(absl::StrCat(
        "--allow='", allowed,
        "': say what may be asked for, as --allow=gym:my_module or --allow=grpc:simulator:5005"));
  }
  if (!absl::StartsWith(allowed, kTorchScriptPrefix)) {
    const absl::Status parsed = ParseEnvironmentId(allowed).status();
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--allow: ", parsed.message()));
    }
  }
  allowed_.push_back(allowed);
  return absl::OkStatus();
}

std::string Permission::NotAllowed(const std::string& id, const Outside& outside) const {
  if (outside.nothing() || absl::c_linear_search(exactly_, id)) return "";
  std::string missing = outside.head;
  for (const std::string& text : allowed_) {
    const absl::StatusOr<EnvironmentId> allowed = ParseEnvironmentId(text);
    if (!allowed.ok() || !IsWithin(outside.head, allowed->name + allowed->rest)) continue;
    const auto refused = absl::c_find_if(outside.arguments, [&](const auto& argument) {
      const auto named = allowed->arguments.find(argument.first);
      return named == allowed->arguments.end() ||
             !(named->second.empty() || IsWithin(argument.second, named->second));
    });
    if (refused == outside.arguments.end()) return "";
    missing = absl::StrCat("argument ", refused->first, "=", refused->second);
  }
  return missing;
}

bool Permission::AllowsNetwork(const std::string& name) const {
  return OutsideOfNetwork(name).empty() || absl::c_linear_search(exactly_, name) ||
         absl::c_any_of(allowed_,
                        [&](const std::string& allowed) { return IsWithin(name, allowed); });
}

absl::Status Permission::Check(const RunConfig& config) const {
  const std::string& id = config.environment().id();
  const Outside outside = OutsideOf(id);
  if (const std::string missing = NotAllowed(id, outside); !missing.empty()) {
    const std::string but =
        missing == outside.head ? "" : absl::StrCat("; no --allow takes its ", missing);
    return Refusal("environment", id, outside.does, but, NameOf(outside));
  }
  const std::string& network = config.network().name();
  if (AllowsNetwork(network)) return absl::OkStatus();
  return Refusal("network", network, OutsideOfNetwork(network), "", network);
}

std::vector<std::string> WhatToAllow(const RunConfig& config) {
  std::vector<std::string> allowed;
  const Outside outside = OutsideOf(config.environment().id());
  if (!outside.nothing()) allowed.push_back(NameOf(outside));
  const std::string& network = config.network().name();
  if (!OutsideOfNetwork(network).empty()) allowed.push_back(network);
  return allowed;
}

std::string WhatReachesOutside(const RunConfig& config) {
  std::vector<std::string> parts;
  const std::string& id = config.environment().id();
  const Outside outside = OutsideOf(id);
  if (!outside.nothing()) {
    parts.push_back(absl::StrCat("environment '", id, "' ", outside.does));
  }
  const std::string& network = config.network().name();
  const std::string does = OutsideOfNetwork(network);
  if (!does.empty()) parts.push_back(absl::StrCat("network '", network, "' ", does));
  return Printable(absl::StrJoin(parts, ", "));
}

}  // namespace nyala
