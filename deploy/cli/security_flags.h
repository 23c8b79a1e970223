// The flags that make a learner reachable from other machines, and an actor reach it. One thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/wire/transport_security.h"

namespace CLI {
class App;
}

namespace nyala {

class SecurityFlags {
 public:
  // `app` writes to this object while it parses.
  void AddLearnerFlags(CLI::App& app);
  void AddActorFlags(CLI::App& app);
  // As they were given, with a leading space.
  std::string LearnerFlags() const;
  // What an actor's command line takes for a learner with these, with a leading space.
  std::string ActorFlags() const;
  // Reads the token's file.
  absl::StatusOr<TransportSecurity> Security() const;

 private:
  void AddSharedFlags(CLI::App& app);

  TransportSecurity security_;
  std::string token_file_;
};

}  // namespace nyala
