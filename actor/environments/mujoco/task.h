// MujocoTaskOverModel: a MujocoTask (proto/nyala/mujoco_task.proto) fitted to a model: names and
// indices looked up, everything checked.
//
// Values; constant once loaded, and any thread may read one. Blocking: loading reads the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "actor/environments/mujoco/model.h"
#include "common/rl/specs.h"
#include "nyala/mujoco_task.pb.h"

namespace nyala {

// Some of MuJoCo's numbers, and their bounds.
struct MujocoSlice {
  MujocoValues values = QPOS;
  int64_t first = 0;
  int64_t count = 0;
  double low = 0, high = 0;
};

struct MujocoTaskOverModel {
  const MujocoLibrary* mujoco = nullptr;
  MujocoModel model;
  MujocoTask task;
  // No id.
  EnvSpec spec;
  std::vector<MujocoSlice> observation;
  std::vector<MujocoSlice> healthy;
  // -1 where the task names none.
  int forward_body = -1;
  int keyframe = -1;
  // ctrl = action * scale + offset, one of each per actuator.
  std::vector<double> action_scale, action_offset;
  // Whether CFRC_EXT is looked at; MuJoCo computes it only when asked to.
  bool needs_contact_forces = false;

  double frame_seconds() const { return task.frame_skip() * model->opt.timestep; }
};

// All of the numbers of that kind.
absl::Span<const mjtNum> ValuesOf(const mjModel& model, const mjData& data, MujocoValues values);

// The task file at `path`, or the built-in one of the id. `model`, unless empty, is the path of the
// model in place of the task's own. One line with file, field and fix: NotFound and the like when a
// file cannot be read, InvalidArgument when it does not fit.
absl::StatusOr<MujocoTaskOverModel> LoadMujocoTask(const std::string& path,
                                                   const std::string& model);
absl::StatusOr<MujocoTaskOverModel> LoadBuiltInMujocoTask(const std::string& id,
                                                          const std::string& model);

}  // namespace nyala
