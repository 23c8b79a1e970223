// EnvironmentClient: environments in another process, over proto/nyala/environment.proto.
//
// One client has E of them, on one stream. Each call waits for the server, with a deadline, and
// fails with one line that says what went wrong: Unavailable, the server is not there or went away;
// DeadlineExceeded, it did not answer in time; InvalidArgument, what it sent is not as its spec
// says; anything else, its own words. After an error the client is of no more use. Threads: one at
// a time. End: the destructor cancels the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rl/specs.h"
#include "common/wire/transport_security.h"

namespace nyala {

struct EnvironmentClientOptions {
  // "unix:/path" or "HOST:PORT".
  std::string address;
  TransportSecurity security;
  // Which environment, of a server that has several.
  std::string name;
  // Time limit of each call and each step; 0: it waits for ever.
  double timeout_seconds = 60;
};

// One step of E environments: what goes there, and where what comes back is written.
struct EnvironmentStep {
  const uint8_t* resets = nullptr;   // [E]
  const uint64_t* seeds = nullptr;   // [E]
  const uint8_t* actions = nullptr;  // [E, ...]; not looked at in the first step
  uint8_t* observations = nullptr;   // [E, ...]
  float* rewards = nullptr;          // [E]
  uint8_t* terminated = nullptr;     // [E]
  uint8_t* truncated = nullptr;      // [E]
};

class EnvironmentClient {
 public:
  // Asks the server what its environments are. InvalidArgument also: the address, or what a wide
  // one takes.
  static absl::StatusOr<std::unique_ptr<EnvironmentClient>> Create(
      const EnvironmentClientOptions& options, int64_t E);
  ~EnvironmentClient();

  const EnvSpec& spec() const;
  // Opens the stream when it is the first; resets must all be 1 then.
  absl::Status Step(const EnvironmentStep& step);

 private:
  class State;
  explicit EnvironmentClient(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace nyala
