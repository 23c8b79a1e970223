// MountainCarContinuous: the valley of MountainCar, driven by a force that costs.
//
// Dynamics, limits and rewards are those of Gymnasium's MountainCarContinuous-v0: the action is
// clipped to [-1, 1] and pushes 1.5 times as hard as MountainCar's at its bounds; a frame costs
// 0.1 action^2 (of the action before it is clipped), arriving pays 100. Terminated at a position
// of 0.45 or more, truncated after 999 frames. Starts as MountainCar. Observation: position,
// velocity as float32[2]. As there, the state is rounded to float32 after each frame.
#pragma once

#include <memory>

#include "actor/environment.h"
#include "actor/environments/classic/mountain_car.h"

namespace nyala {

// One frame: the next state, the reward for it, and whether the car arrived.
MountainCarState AdvanceMountainCarContinuous(const MountainCarState& state, double action,
                                              double* reward, bool* arrived);

std::unique_ptr<Environment> MakeMountainCarContinuous();

}  // namespace nyala
