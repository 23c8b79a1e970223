// MuJoCo: tasks over rigid-body models, simulated by libmujoco.
//
//   Hopper-v4, HalfCheetah-v4, ...   tasks that the binary carries (models/*.textproto)
//   mujoco:FILE                      a MujocoTask of the user's own (proto/nyala/mujoco_task.proto)
//   ...,model=PATH                   the same task over another model
//
// The built-in tasks are Gymnasium's of the same name and version: observations, rewards, costs,
// ends, noise at the start, and the model's masses, joints, gears, contacts and solver options. The
// models are files of our own with its figures. Differences: observations are float32, and numbers
// at the very bounds of a healthy range count as healthy.
//
// All instances over one model share it. A simulation that becomes unstable, or any error of
// MuJoCo's, ends in Environment::failure(), never in an exit of the process. The library is loaded
// when the first such environment is made: until then it costs nothing, and the copy that a Python
// package brings into the process stays apart from it.
#pragma once

#include "actor/environment_registry.h"

namespace nyala {

// In a build without MuJoCo's headers the names are the same, and making one says what to install.
void RegisterMujoco(EnvironmentRegistry& registry);

}  // namespace nyala
