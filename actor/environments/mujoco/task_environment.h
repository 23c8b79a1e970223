// A MuJoCo task as an Environment.
//
// Fails (Environment::failure) when MuJoCo reports an error or warns of the simulation, as when it
// becomes unstable. SaveState keeps positions, velocities, activations, the solver's warm start and
// the time: what follows is the same to the bit.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/environments/mujoco/task.h"

namespace nyala {

// ResourceExhausted when there is no memory for the simulation.
absl::StatusOr<std::unique_ptr<Environment>> MakeMujocoEnvironment(const std::string& id,
                                                                   MujocoTaskOverModel task);

}  // namespace nyala
