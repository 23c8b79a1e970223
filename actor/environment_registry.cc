#include "actor/environment_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/exception_text.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"

namespace nyala {

void EnvironmentRegistry::Register(const std::string& name, Factory factory, Reach reach) {
  if (entries_.emplace(name, Entry{std::move(factory), std::move(reach)}).second) return;
  status_.Update(
      absl::AlreadyExistsError(absl::StrCat("environment '", name, "' is registered twice")));
}

void EnvironmentRegistry::Register(const std::string& name, std::function<Result()> factory) {
  Register(
      name,
      [factory = std::move(factory)](const EnvironmentId& id) -> Result {
        NYALA_RETURN_IF_ERROR(ReadArguments(id, {}));
        return factory();
      },
      Reach::Nothing());
}

void EnvironmentRegistry::RegisterFamily(const std::string& prefix, const std::string& usage,
                                         Factory factory, Reach reach) {
  if (prefix.empty() || (prefix.back() != ':' && prefix.back() != '/')) {
    status_.Update(absl::InvalidArgumentError(
        absl::StrCat("'", prefix, "' is no family's prefix, which ends with a colon or a slash")));
    return;
  }
  Register(prefix, std::move(factory), std::move(reach));
  families_[prefix] = usage;
}

absl::Status EnvironmentRegistry::Add(EnvironmentRegistry other) {
  NYALA_RETURN_IF_ERROR(other.status_);
  for (const auto& entry : other.entries_) {
    if (entries_.count(entry.first) == 0) continue;
    return absl::AlreadyExistsError(absl::StrCat("environment '", entry.first, "' exists already"));
  }
  entries_.merge(other.entries_);
  families_.merge(other.families_);
  return absl::OkStatus();
}

const EnvironmentRegistry::Entry* EnvironmentRegistry::Find(EnvironmentId* id) const {
  const auto named = entries_.find(id->name);
  if (named != entries_.end()) return &named->second;
  const std::string prefix = id->name.substr(0, id->name.find('/') + 1);
  if (families_.count(prefix) == 0) return nullptr;
  id->rest = id->name.substr(prefix.size()) + id->rest;
  id->name = prefix;
  return &entries_.at(prefix);
}

absl::Status EnvironmentRegistry::CheckName(const std::string& text) const {
  NYALA_RETURN_IF_ERROR(status_);
  NYALA_ASSIGN_OR_RETURN(EnvironmentId id, ParseEnvironmentId(text));
  if (Find(&id) != nullptr) return absl::OkStatus();
  std::vector<std::string> known = Names();
  for (const auto& family : families_) known.push_back(family.first);
  return absl::NotFoundError(absl::StrCat(UnknownNameMessage("environment", id.name, known),
                                          " (one of your own: --plugin=FILE)"));
}

EnvironmentRegistry::Result EnvironmentRegistry::Create(const std::string& text) const {
  NYALA_RETURN_IF_ERROR(CheckName(text));
  NYALA_ASSIGN_OR_RETURN(EnvironmentId id, ParseEnvironmentId(text));
  const Entry* const found = Find(&id);
  try {
    return found->factory(id);
  } catch (...) {
    return absl::InternalError(absl::StrCat("environment '", text, "': ", ExceptionText()));
  }
}

Outside EnvironmentRegistry::OutsideOf(const std::string& text) const {
  absl::StatusOr<EnvironmentId> id = ParseEnvironmentId(text);
  if (!id.ok()) return {};
  const Entry* const found = Find(&*id);
  return found == nullptr ? Outside() : found->reach.Of(*id);
}

std::vector<std::string> EnvironmentRegistry::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (families_.count(name) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace nyala
