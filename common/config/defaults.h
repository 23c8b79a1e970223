// Writing every default out. Pure function; any thread.
#pragma once

#include "nyala/run_config.pb.h"

namespace nyala {

// Every field that is unset and has a default is set to it, lists included; fields without one
// (limits.goal, the final values of schedules, labels) stay unset. Twice is as once.
void FillDefaults(RunConfig* config);

}  // namespace nyala
