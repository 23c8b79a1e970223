// What `mujoco:` is called, with MuJoCo or without. Constants.
#pragma once

namespace nyala {

inline constexpr char kMujocoPrefix[] = "mujoco:";
inline constexpr char kMujocoUsage[] =
    "mujoco:FILE[,model=PATH]: a task of your own over any MuJoCo model (mujoco_task.proto)";

}  // namespace nyala
