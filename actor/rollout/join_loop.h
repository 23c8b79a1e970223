// JoinLoop: an actor's life over any LearnerEndpoint: join, roll out, and join again when the
// learner was lost.
//
// Blocking: until the run is over, the stop or an error. Threads: those of ActorSession, all joined
// before it returns. Calls of the endpoint that wait must be ended by its owner on a stop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "actor/rollout/hang_detector.h"
#include "actor/rollout/permission.h"
#include "actor/rollout/session.h"
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
  // Looks at each answer of the learner's that a session is to be made of; an error ends the loop.
  // RunActor has its own. May be empty.
  std::function<absl::Status(const JoinReply&)> check;
  // Gets a line when an environment takes longer than the run's environment.step_timeout_seconds.
  // It should end the process: the thread that hangs cannot be ended, and would be waited for.
  HangHandler on_hang;
  // Gets this actor's number in the run, each time it has joined. May be empty.
  std::function<void(uint32_t actor)> on_join;
};

// OK: the run is over, or `stop` was requested. Unavailable: the learner stayed unreachable, the
// message names its address. Anything else: the learner's refusal in its own words, or what keeps
// this program from doing what the run asks for. The endpoint is the caller's; of `options`,
// address and security are for messages alone.
absl::Status RunJoinLoop(const ActorOptions& options, LearnerEndpoint& endpoint,
                         const PolicyFactories& factories, StopSource& stop);

}  // namespace nyala
