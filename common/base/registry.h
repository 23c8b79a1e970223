// Registry: names to factories, filled explicitly by a register_*.cc (never by static
// initialisers, which a static library drops silently).
//
// Threads: register everything before the first Create; afterwards it is read-only and may be used
// from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/check.h"
#include "common/base/suggest.h"

namespace nyala {

// `Result` is what a factory returns: absl::StatusOr<std::unique_ptr<Interface>> as a rule.
template <typename Result, typename... Args>
class Registry {
 public:
  using Factory = std::function<Result(Args...)>;

  // `kind` is the word used in errors, as "environment".
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void Register(const std::string& name, Factory factory) {
    const bool inserted = factories_.emplace(name, std::move(factory)).second;
    NYALA_CHECK(inserted, "a name is registered twice");
  }

  // NotFound with the nearest name when `name` is unknown.
  Result Create(const std::string& name, Args... args) const {
    const auto found = factories_.find(name);
    if (found == factories_.end()) {
      return absl::NotFoundError(UnknownNameMessage(kind_, name, Names()));
    }
    return found->second(std::forward<Args>(args)...);
  }

  bool Contains(const std::string& name) const { return factories_.count(name) > 0; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : factories_) names.push_back(entry.first);
    return names;
  }

 private:
  const std::string kind_;
  std::map<std::string, Factory> factories_;
};

}  // namespace nyala
