// Catch: move a paddle under a falling ball (bsuite's Catch, Osband et al. 2020).
//
// A board of 10 rows and 5 columns, float32: 1 where the ball or the paddle is, else 0. The ball
// starts in a random column of the top row, the paddle in the middle of the bottom row. Actions:
// 0 left, 1 stay, 2 right. A frame moves the paddle (it stops at the walls), then drops the ball by
// a row; when the ball is in the bottom row the episode terminates with +1 if the paddle is under
// it, else -1. All other rewards are 0: an episode is 9 frames, the best mean return is 1.
#pragma once

#include <memory>

#include "actor/environment.h"

namespace nyala {

std::unique_ptr<Environment> MakeCatch();

}  // namespace nyala
