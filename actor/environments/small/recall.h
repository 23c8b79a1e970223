// Recall: remember a cue through a corridor.
//
// The first frame shows one of two cues, then come L frames that all look the same, then one that
// asks for the choice. Every action moves on, without reward, until the choice: +1 if action i is
// what cue i asked for, -1 if not, and the episode terminates after L + 2 frames. Observation:
// float32[3], the cue as a one-hot in the first two, a 1 in the third at the choice. What is seen
// at the choice does not depend on the cue: a policy without memory gets 0 on average.
#pragma once

#include <memory>

#include "actor/environment.h"

namespace nyala {

// Registered as "Recall-L".
std::unique_ptr<Environment> MakeRecall(int64_t corridor);

}  // namespace nyala
