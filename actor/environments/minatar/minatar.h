// MinAtar: five Atari games on a board of 10x10 cells (Young and Tian, arXiv 1903.03176), by the
// rules of version 1.0.11 and later.
//
// Each is registered twice, as its authors name it: -v0 has all 6 actions (none, left, up, right,
// down, fire), -v1 only those that matter in the game, in the same order. Observation:
// uint8[channels, 10, 10] of zeros and ones. Actions are sticky: with probability 0.1 a frame
// repeats the action of the frame before it (none, before the first). Difficulty ramps where the
// game has it.
// Checked frame by frame against the original on the same random draws (tests/data/minatar_*).
// Differences: an episode's first frame never repeats the last action of the episode before it,
// and Freeway's time limit truncates.
#pragma once

#include <memory>

#include "actor/environment.h"

namespace nyala {

enum class MinAtarActions { kAll, kMinimal };

std::unique_ptr<Environment> MakeMinAtarAsterix(MinAtarActions actions);
std::unique_ptr<Environment> MakeMinAtarBreakout(MinAtarActions actions);
std::unique_ptr<Environment> MakeMinAtarFreeway(MinAtarActions actions);
std::unique_ptr<Environment> MakeMinAtarSeaquest(MinAtarActions actions);
std::unique_ptr<Environment> MakeMinAtarSpaceInvaders(MinAtarActions actions);

}  // namespace nyala
