// MatchBits and MatchDials: do what is shown, for policies whose action has several elements.
//
// Every frame shows a target, drawn anew, and the reward is the fraction of the action's elements
// that equal it; an episode is 8 frames, so the best return is 8. A policy that ignores what it
// sees gets 1/2 a frame (bits), 47/180 (dials).
//   MatchBits:  6 bits, shown as float32[6]; a multi-binary action.
//   MatchDials: dials of 3, 4 and 5 positions, shown one-hot, one dial after the other, as
//               float32[12]; a multi-discrete action.
#pragma once

#include <memory>

#include "actor/environment.h"

namespace nyala {

std::unique_ptr<Environment> MakeMatchBits();
std::unique_ptr<Environment> MakeMatchDials();

}  // namespace nyala
