// A picture of a MuJoCo simulation from the side: x to the right, z up, the camera going along with
// the centre of mass. The model's `statistic` says how much is seen (extent) and at what height
// (center). Shapes are drawn as their outlines, the farther ones first; no OpenGL.
//
// Pure function; any thread.
#pragma once

#include "actor/canvas.h"
#include "actor/environments/mujoco/library.h"

namespace nyala {

// Meshes are drawn as their boxes, height fields not at all.
void DrawSideView(const mjModel& model, const mjData& data, Canvas& canvas);

}  // namespace nyala
