// MuJoCo models, shared: one mjModel per file and process, for as long as anybody holds it.
//
// Threads: any; a model is constant. Blocking: LoadMujocoModel reads the disk.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actor/environments/mujoco/library.h"

namespace nyala {

using MujocoModel = std::shared_ptr<const mjModel>;

// The MJCF file at `path`, or the one that the binary carries under that name. InvalidArgument in
// one line, with the file and what MuJoCo says of it.
absl::StatusOr<MujocoModel> LoadMujocoModel(const std::string& path, bool built_in);

}  // namespace nyala
