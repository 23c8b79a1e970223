// MujocoLibrary: the functions of libmujoco that we call, looked up when first asked for.
//
// It is loaded at run time and kept to itself (RTLD_LOCAL), so that no process pays for it that
// does not use it, and so that another copy in the same process, as Python's, never sees these
// symbols. Threads: any. Blocking: the first MujocoLibrary::Get reads the disk.
#pragma once

#include <mujoco/mujoco.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nyala {

// clang-format off
#define NYALA_MUJOCO_FUNCTIONS(X)                                                              \
  X(mj_version) X(mj_loadXML) X(mj_deleteModel) X(mj_makeData) X(mj_deleteData) X(mj_resetData)\
  X(mj_resetDataKeyframe) X(mj_forward) X(mj_step) X(mj_rnePostConstraint)                     \
  X(mj_kinematics) X(mj_comPos) X(mj_name2id) X(mj_id2name) X(mju_warningText)                 \
  X(mj_defaultVFS) X(mj_makeEmptyFileVFS) X(mj_deleteVFS)
// clang-format on

struct MujocoLibrary {
#define NYALA_MEMBER(name) decltype(&::name) name = nullptr;
  NYALA_MUJOCO_FUNCTIONS(NYALA_MEMBER)
#undef NYALA_MEMBER

  // Lives to the end of the process. FailedPrecondition when there is none, or not of the version
  // that this was compiled against.
  static absl::StatusOr<const MujocoLibrary*> Get();
};

// Calls `body`, which calls MuJoCo. Internal, with its words, when MuJoCo reports an error, which
// it would else end the process for; `body` is then left where it stood, so it may hold no objects
// with destructors. What it worked on is of no more use.
absl::Status CallMujoco(absl::FunctionRef<void()> body);

}  // namespace nyala
