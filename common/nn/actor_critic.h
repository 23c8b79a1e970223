// The actor-critic network that every architecture is: input, torso, optional core, heads.
//
//   observations [T, B, ...] -> ObservationInput -> torso -> [T*B, F] -> core -> [T, B, H]
//     -> one linear head of policy and value -> policy [T, B, P], value [T, B]
// The last head.free of the policy's outputs are the parameter "head_free", 0 at the start.
// With shared_trunk = false policy and value have a torso and a linear head each, and no core.
// Recurrent state: the input's frames, then the core's.
// Threads: as every network's.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/nn/network.h"
#include "common/nn/torso/torso.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Network>> MakeActorCritic(TorsoFactory* make_torso,
                                                         const NetworkConfig& config,
                                                         const EnvSpec& env,
                                                         const PolicyHead& head);

}  // namespace nyala
