// Reach: what making an environment does outside of this program, as far as whoever writes its id
// decides about it: files that are read, modules that are imported, addresses that are connected
// to.
//
// It is said once, where the environment is registered. An id that comes over the wire is made only
// when it reaches nothing, or when the actor's own command line lets it
// (actor/rollout/permission.h). What an environment does whatever its id is, as reading its own
// data, is not meant. Values; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actor/environment_id.h"

namespace nyala {

// What one id reaches.
struct Outside {
  // The id up to its first comma.
  std::string head;
  // As "imports a Python module".
  std::string does;
  // Whether the head alone does it ...
  bool by_name = false;
  // ... and the arguments that have a part in it, with their values.
  std::map<std::string, std::string> arguments;

  bool nothing() const { return !by_name && arguments.empty(); }
};

class Reach {
 public:
  // No id of it reaches anything.
  static Reach Nothing();
  // Only an id that has one of these arguments, as ALE's `rom`; `does` as in Outside.
  static Reach Of(const std::string& does, std::vector<std::string> arguments);
  // Every id, with all arguments but the `harmless` ones having a part in it.
  static Reach Always(const std::string& does, std::vector<std::string> harmless);
  // Nobody said: any argument, and what follows a family's prefix, may do anything.
  static Reach Undeclared();

  // The id's name and rest are those of the registration (EnvironmentRegistry finds them).
  Outside Of(const EnvironmentId& id) const;

 private:
  enum class Names { kAlways, kNever, kWithRest };
  std::string does_;
  Names by_name_ = Names::kNever;
  // Those that have a part in it, or, where the others have, those that have none.
  std::vector<std::string> arguments_;
  bool others_ = false;
};

}  // namespace nyala
