// What follows from a RunConfig and both learner and actors must agree on. Pure; any thread.
#pragma once

#include <cstdint>

#include "nyala/run_config.pb.h"

namespace nyala {

// How unrolls become updates.
enum class UpdateRule {
  // Batches of whatever arrives (impala, appo).
  kAsynchronous,
  // One unroll of every joined column, all of the newest version (a2c).
  kSynchronous,
  // The same number of whole sessions of every joined column, all under the newest version
  // (reinforce, cem).
  kWholeSessions,
  // Actors compute gradients; each is applied as it arrives (a3c).
  kActorGradients,
};
UpdateRule UpdateRuleOf(const RunConfig& config);

// Whether an update takes exactly one unroll of every joined column, all of the newest version, so
// that an actor waits for the next version before it collects again.
bool IsSynchronous(const RunConfig& config);

// How many unrolls of one rollout thread may be on the way and not yet acknowledged. Of a
// synchronous run none: its thread then waits for the next version, so it would not see that the
// unroll was refused.
int32_t UnrollWindow(const RunConfig& config);

}  // namespace nyala
