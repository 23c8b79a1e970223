// In place of register_mujoco.cc and all behind it in a build without MuJoCo's headers.
#include <string>

#include "absl/strings/str_cat.h"
#include "actor/environments/mujoco/built_in.h"
#include "actor/environments/mujoco/mujoco.h"
#include "actor/environments/mujoco/names.h"

namespace nyala {
namespace {

EnvironmentRegistry::Result SayWhatIsMissing(const EnvironmentId& id) {
  return absl::FailedPreconditionError(
      absl::StrCat("environment '", id.text,
                   "': this build is without MuJoCo; install libmujoco-dev, run "
                   "'cmake --preset release' and build again"));
}

}  // namespace

void RegisterMujoco(EnvironmentRegistry& registry) {
  for (const std::string& name : BuiltInMujocoTasks()) {
    registry.Register(name, SayWhatIsMissing, MujocoTaskReach());
  }
  registry.RegisterFamily(kMujocoPrefix, kMujocoUsage, SayWhatIsMissing, MujocoFileReach());
}

}  // namespace nyala
