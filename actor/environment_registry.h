// EnvironmentRegistry: ids to environments.
//
// Threads: register everything before the first Create; afterwards it is read-only and may be used
// from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/environment_id.h"
#include "actor/reach.h"

namespace nyala {

class EnvironmentRegistry {
 public:
  using Result = absl::StatusOr<std::unique_ptr<Environment>>;
  using Factory = std::function<Result(const EnvironmentId&)>;

  // An environment of a name, as "CartPole-v1". A factory without parameters is that of an
  // environment without arguments, which reaches nothing. A name may be registered once: see
  // status(). An actor takes what is not declared to reach nothing from its own command line only
  // (actor/reach.h).
  void Register(const std::string& name, Factory factory, Reach reach = Reach::Undeclared());
  void Register(const std::string& name, std::function<Result()> factory);
  // All environments whose ids start with `prefix`, which ends with a colon, as "synthetic:", or
  // with a slash, as "ALE/"; names registered by themselves come first. `usage` is one line for
  // `nyala envs`.
  void RegisterFamily(const std::string& prefix, const std::string& usage, Factory factory,
                      Reach reach = Reach::Undeclared());

  // All of another registry. AlreadyExists, and nothing is added, when a name is taken; its
  // status() when that is not OK.
  absl::Status Add(EnvironmentRegistry other);

  // Why the first registration that could not be was not; OK if all were.
  const absl::Status& status() const { return status_; }

  // NotFound with the nearest name when there is none of that name, InvalidArgument when its
  // arguments are not those that it takes, status() when that is not OK.
  Result Create(const std::string& id) const;

  // Whether Create would find it, without making anything of it: as there, but for its arguments.
  absl::Status CheckName(const std::string& id) const;

  // What Create would reach; nothing where it would find no such environment.
  Outside OutsideOf(const std::string& id) const;

  // Without the families.
  std::vector<std::string> Names() const;
  // Prefix and usage.
  const std::map<std::string, std::string>& families() const { return families_; }

 private:
  struct Entry {
    Factory factory;
    Reach reach;
  };
  // By name, or by family, whose prefix then is the id's name; nullptr when there is none.
  const Entry* Find(EnvironmentId* id) const;

  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> families_;
  absl::Status status_;
};

// All environments this program knows, filled by register_environments.cc on first use; a program
// of a user's own may add to it before it starts anything.
EnvironmentRegistry& Environments();

}  // namespace nyala
