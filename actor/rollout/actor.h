// RunActor: a whole actor process but its command line.
//
// Joins the learner, rolls out what the learner's configuration says on as many threads as its
// share is, rejoins a lost learner, and ends with the run.
// Blocking: until the run is over, `stop` is requested (prompt), or an error. All threads and
// connections are gone when it returns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "actor/rollout/hang_detector.h"
#include "actor/rollout/permission.h"
#include "common/system/stop.h"
#include "common/wire/learner_endpoint.h"
#include "common/wire/transport_security.h"

namespace nyala {

struct ActorOptions {
  // "HOST:PORT" or "unix:/path".
  std::string learner;
  TransportSecurity security;
  // This actor's share of its machine; 0 takes the run's default.
  uint32_t threads = 0;
  uint32_t envs_per_thread = 0;
  // What of the learner's configuration is taken although it reads files, imports modules or
  // connects to servers on this machine; without it nothing of the kind.
  Permission permission;
  // Without `threads`: how many an actor of a run of this configuration takes, 0 as the run says.
  // Asked before each join. May be empty.
  std::function<uint32_t(const RunConfig& config)> choose_threads;
  // How long the learner may stay unreachable before the first join, in seconds. After it, the
  // run's transport.reconnect_seconds counts.
  double connect_seconds = 60;
  // Gets a line when an environment takes longer than the run's environment.step_timeout_seconds.
  // It should end the process: the thread that hangs cannot be ended, and would be waited for.
  HangHandler on_hang;
  // Gets this actor's number in the run, each time it has joined. May be empty.
  std::function<void(uint32_t actor)> on_join;
};

// OK: the run is over, or stopped. InvalidArgument: the address or the security settings.
// Unavailable: the learner could not be reached for too long, the message names its address.
// Anything else: the learner's refusal, or what keeps this program from taking part.
absl::Status RunActor(const ActorOptions& options, StopSource& stop);

// Over an endpoint of the caller's own (a learner in this process, a test's fake). A stop must make
// the endpoint's waiting calls return, which is up to the caller; options.security is not used.
absl::Status RunActor(const ActorOptions& options, LearnerEndpoint& endpoint, StopSource& stop);

}  // namespace nyala
