// Pendulum: swing a pendulum up and hold it there with a torque too weak to lift it at once.
//
// Dynamics, limits and rewards are those of Gymnasium's Pendulum-v1: a rod of 1 m and 1 kg under
// 10 m/s^2, semi-implicit Euler steps of 0.05 s in double precision; the torque is clipped to
// +-2 N m, the speed to +-8 rad/s. Reward of a frame: -(theta^2 + 0.1 theta_dot^2 +
// 0.001 torque^2) of the state before it, theta within [-pi, pi]. Starts anywhere with a speed of
// up to 1; never terminates, truncated after 200 frames. Observation: cos(theta), sin(theta),
// theta_dot as float32[3].
#pragma once

#include <memory>

#include "actor/environment.h"

namespace nyala {

struct PendulumState {
  double theta = 0;      // rad, 0 is upright; not wrapped
  double theta_dot = 0;  // rad/s
};

// One frame of the physics, and the reward for it. The torque may lie outside its bounds.
PendulumState AdvancePendulum(const PendulumState& state, double torque, double* reward);

std::unique_ptr<Environment> MakePendulum();

}  // namespace nyala
