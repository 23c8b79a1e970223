#include <string>
#include <utility>

#include "actor/environments/mujoco/built_in.h"
#include "actor/environments/mujoco/mujoco.h"
#include "actor/environments/mujoco/names.h"
#include "actor/environments/mujoco/task_environment.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

EnvironmentRegistry::Result Make(const EnvironmentId& id, bool built_in) {
  std::string model;
  NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"model", &model}}));
  absl::StatusOr<MujocoTaskOverModel> task =
      built_in ? LoadBuiltInMujocoTask(id.name, model) : LoadMujocoTask(id.rest, model);
  if (!task.ok()) return OfEnvironment(id, task.status());
  return MakeMujocoEnvironment(id.text, *std::move(task));
}

}  // namespace

void RegisterMujoco(EnvironmentRegistry& registry) {
  for (const std::string& name : BuiltInMujocoTasks()) {
    registry.Register(
        name, [](const EnvironmentId& id) { return Make(id, true); }, MujocoTaskReach());
  }
  registry.RegisterFamily(
      kMujocoPrefix, kMujocoUsage, [](const EnvironmentId& id) { return Make(id, false); },
      MujocoFileReach());
}

}  // namespace nyala
