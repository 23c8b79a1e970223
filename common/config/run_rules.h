// What follows from a RunConfig and both learner and actors must agree on. Pure; any thread.
#pragma once

#include <cstdint>

#include "nyala/run_config.pb.h"

namespace nyala {

// Whether an update takes exactly one unroll of every joined column, all of the newest version, so
// that an actor waits for the next version before it collects again.
bool IsSynchronous(const RunConfig& config);

// How many unrolls of one rollout thread may be on the way and not yet acknowledged. Of a
// synchronous run none: its thread then waits for the next version, so it would not see that the
// unroll was refused.
int32_t UnrollWindow(const RunConfig& config);

}  // namespace nyala
