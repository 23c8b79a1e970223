// CartPole: balance a pole on a cart by pushing the cart left (0) or right (1).
//
// Dynamics, limits and rewards are those of Gymnasium's CartPole-v0 and -v1 (Barto, Sutton and
// Anderson, 1983): explicit Euler steps of 0.02 s in double precision; terminated when
// |x| > 2.4 m or |theta| > 12 degrees; truncated after 200 (v0) or 500 (v1) frames; a reward of 1
// for every frame, the last one included. Observation: x, x_dot, theta, theta_dot as float32[4].
#pragma once

#include <memory>
#include <string>

#include "actor/environment.h"

namespace nyala {

struct CartPoleState {
  double x = 0;          // m
  double x_dot = 0;      // m/s
  double theta = 0;      // rad, 0 is upright
  double theta_dot = 0;  // rad/s
};

// One frame of the physics.
CartPoleState AdvanceCartPole(const CartPoleState& state, int action);
// Whether the pole fell or the cart left the track.
bool CartPoleFailed(const CartPoleState& state);

std::unique_ptr<Environment> MakeCartPole(const std::string& id, int64_t max_episode_steps,
                                          double solved_return);

}  // namespace nyala
