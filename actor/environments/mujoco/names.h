// What MuJoCo's environments are called and what they reach, with MuJoCo or without. Constants.
#pragma once

#include "actor/reach.h"

namespace nyala {

inline constexpr char kMujocoPrefix[] = "mujoco:";
inline constexpr char kMujocoUsage[] =
    "mujoco:FILE[,model=PATH]: a task of your own over any MuJoCo model (mujoco_task.proto)";
inline Reach MujocoTaskReach() { return Reach::Of("reads a file", {"model"}); }
inline Reach MujocoFileReach() { return Reach::Always("reads a file", {}); }

}  // namespace nyala
