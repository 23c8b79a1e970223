// What a run folder's configuration makes this machine do: the folder may be somebody else's.
// Any thread.
#pragma once

#include "nyala/run_config.pb.h"

namespace nyala {

// Says in one line, before anything of it is made, which code outside of nyala and of the folder
// the configuration runs and which files and servers it reaches; nothing where there is none.
void SayWhatReachesOutside(const RunConfig& config);

}  // namespace nyala
