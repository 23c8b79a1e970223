// RunLearner: a whole learner, from the configuration to the final checkpoint.
//
// Blocks until the run is over (goal, budget), a stop is requested, or something fails. One order
// of stopping: stop requested -> trainer finishes its step, submitters are held -> final checkpoint
// -> summary -> threads joined -> streams answered with the reason -> return. Actors hear that the
// run is over only when it is and its last checkpoint is written; else that the learner stopped,
// and why, after which they try to join again. One learner per process: LibTorch's thread settings
// are the process's.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/rl/specs.h"
#include "common/system/stop.h"
#include "common/wire/transport_security.h"
#include "learner/run_limits.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct LearnerOptions {
  // Resolved and valid (common/config); of a resumed run, its own with what was overridden.
  RunConfig config;
  // Spec of config.environment: learners know environments only by it.
  EnvSpec env;
  std::string run_dir;
  bool resume = false;
  // "unix:/path" or "HOST:PORT".
  std::string listen;
  TransportSecurity security;
  // Server reflection; unset: where only this machine reaches the learner.
  std::optional<bool> reflection;
  bool show_progress = true;
  // What an actor's command line takes beside the address, for the line that says how to join.
  std::string actor_flags;
  // MonotonicSeconds at which the process (or its launcher) started.
  double started_at = 0;
  // Wall seconds that the run had at `started_at`; unset: what its checkpoint says. For a learner
  // that takes the place of one that died, whose checkpoint is younger than `started_at`.
  std::optional<double> seconds_before;
  // Its actors are its launcher's and end when it does: whatever the reason, they are told that the
  // run is over rather than to come back.
  bool actors_end_with_it = false;
  // A line with the address goes there once the learner listens; closed afterwards. -1: none.
  int ready_fd = -1;
  // Whether the actors that the configuration asks for run on this machine, too.
  bool actors_here = false;
};

struct LearnerResult {
  EndReason reason = EndReason::kInterrupted;
  // In words; of an interrupted run, who asked for it.
  std::string exit_reason;
  bool goal_named = false;
  bool goal_reached = false;
  std::string run_dir;
};

// Errors are one line each. Internal: training failed (NaN in loss or gradient); the line names
// what was seen and the last good checkpoint.
absl::StatusOr<LearnerResult> RunLearner(const LearnerOptions& options, StopSource& stop);

}  // namespace nyala
