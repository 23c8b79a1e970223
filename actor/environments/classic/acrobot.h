// Acrobot: swing the tip of a two-link pendulum up with a torque at the joint between the links.
//
// Dynamics, limits and rewards are those of Gymnasium's Acrobot-v1 (Sutton, 1996; Sutton and
// Barto's book): links of 1 m and 1 kg, moments of inertia 1, one fourth-order Runge-Kutta step of
// 0.2 s a frame in double precision; angles are wrapped into [-pi, pi], speeds clipped to +-4 pi
// and +-9 pi. Actions: torque -1, 0, +1 N m. Reward -1 a frame, 0 for the one that terminates: the
// tip is more than 1 m above the upper joint. Truncated after 500 frames. Starts with all four
// numbers within +-0.1 (rounded to float32, as there). Observation: cos and sin of theta1, cos and
// sin of theta2, both speeds as float32[6].
#pragma once

#include <array>
#include <memory>

#include "actor/environment.h"

namespace nyala {

// theta1 (0 hangs down), theta2 (relative to the first link), and their speeds.
using AcrobotState = std::array<double, 4>;

// One frame of the physics.
AcrobotState AdvanceAcrobot(const AcrobotState& state, int action);
// Whether the tip is high enough.
bool AcrobotIsUp(const AcrobotState& state);

std::unique_ptr<Environment> MakeAcrobot();

}  // namespace nyala
