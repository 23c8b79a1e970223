// What follows from a RunConfig and both learner and actors must agree on. Pure; any thread.
#pragma once

#include "nyala/run_config.pb.h"

namespace nyala {

// Whether an update takes exactly one unroll of every joined column, all of the newest version, so
// that an actor waits for the next version before it collects again.
bool IsSynchronous(const RunConfig& config);

}  // namespace nyala
