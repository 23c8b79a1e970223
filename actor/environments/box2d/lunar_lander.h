// LunarLander: land between two flags with one main engine and two at the sides.
//
// Gymnasium's LunarLander-v2, -v3 and LunarLanderContinuous-v2, -v3: its geometry, masses, engines,
// wind, observation, rewards and ends, over Box2D 2.4 (Gymnasium has 2.3). Reward of a frame: the
// gain in -100 (distance + speed + |angle|) + 10 per leg on the ground, less 0.3 for the main and
// 0.03 for a side engine; -100 instead for a crash or for leaving to the side, +100 for coming to
// rest. Truncated after 1000 frames. Observation: float32[8], actions: 4 (nothing, left, main,
// right) or 2 throttles in [-1, 1].
//
// Arguments, as Gymnasium's: gravity (-10, above -12 and below 0), enable_wind (false), wind_power
// (15), turbulence_power (1.5).
//
// What differs: in v2 of Gymnasium the wind goes on from one episode to the next; here an episode
// is a function of its seed, as in v3, so that v2 and v3 are the same but in name (the bounds that
// they state for observations are not part of our specs). Flames are drawn, particles are not
// simulated (they touch nothing in Gymnasium either). An episode cannot be saved in the middle.
//
// How far it is from Gymnasium: 80 of its episodes (random actions and its heuristic, discrete and
// continuous, calm and windy) were recorded with all they drew and played again by this code.
//   - Built with Box2D 2.3 and without lander_flight.h, every number is equal, bit for bit.
//   - With Box2D 2.4 the largest difference in an observation is 2.4e-4 in the first frame (its
//     joints converge more slowly), below 7e-4 after 50 frames (median 1.4e-4), and after 100 below
//     3e-3 in 9 of 10 (median 7e-4); up to 6e-3 for the one frame in which the legs come to their
//     limits. Once a leg touches the ground the two part, as chaos has it. lander_flight.h changes
//     none of these figures.
//   - Gymnasium's heuristic gets 241 there and 235 here (means of 600 episodes, standard deviation
//     100).
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/environment_id.h"
#include "actor/environments/box2d/lander_world.h"

namespace nyala {

// What the engines do for an action, 0 to 3.
LanderThrust DiscreteThrust(int32_t action);
// `action` is {main, side}; it may lie outside its bounds.
LanderThrust ContinuousThrust(const float* action);
// What a frame's reward is the gain of.
double LanderShaping(const std::array<double, 8>& state);

// `id` names the environment and holds its arguments. InvalidArgument when they do not fit.
absl::StatusOr<std::unique_ptr<Environment>> MakeLunarLander(const EnvironmentId& id,
                                                             bool continuous);

}  // namespace nyala
