// BipedalWalker: walk on two legs, of a hip and a knee each, to the end of the ground.
//
// Gymnasium's BipedalWalker-v3 and BipedalWalkerHardcore-v3 (stumps, pits and stairs): its
// geometry, masses, motors, terrain, lidar, rewards and ends, over Box2D 2.4 (Gymnasium has 2.3).
// Reward of a frame: the gain in 130/30 x - 5 |hull's angle|, less 0.028 per motor at full torque;
// -100 instead when the hull touches the ground or leaves to the left. Ends, too, at the far end,
// which gives more than 300 in all. Truncated after 1600 frames, Hardcore after 2000. Observation:
// float32[24] (hull, legs, 10 beams of lidar), actions: continuous[4], torques in [-1, 1] of hip,
// knee, hip, knee.
//
// What differs: Gymnasium goes on with one world, whose contents it replaces; here a world is built
// for each episode, which is a function of its seed. There are no clouds. An episode cannot be
// saved in the middle.
//
// How far it is from Gymnasium: 30 of its episodes (random actions, its heuristic, Hardcore) were
// recorded with the ground they drew and played again by this code.
//   - Built with Box2D 2.3, every number of every frame is equal, bit for bit.
//   - With Box2D 2.4 the first frame differs by 2e-6. From then on both feet are on the ground, and
//     the solvers of joint limits and motors differ: under the heuristic the largest difference in
//     an observation is 0.02 after 10 frames, 0.1 after 50 and more than 1 (a foot that is up or
//     down) after 100; under random torques it is more than 1 from the second frame.
//   - Gymnasium's heuristic, which is on the edge of falling, gets 100 there and 54 here (means of
//     200 episodes, standard deviation 125 and 145).
#pragma once

#include <memory>
#include <string>

#include "actor/environment.h"
#include "actor/environments/box2d/walker_world.h"

namespace nyala {

// What a frame's reward is the gain of, `x` and `angle` of the hull.
double WalkerShaping(double x, double angle);

std::unique_ptr<Environment> MakeBipedalWalker(const std::string& id, bool hardcore);

}  // namespace nyala
