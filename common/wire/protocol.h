// Constants of the wire that both sides must agree on.
#pragma once

#include <cstdint>

namespace nyala {

// Goes up when a peer of the other version could misunderstand a message. Learner and actors must
// be of the same version; Join tells.
inline constexpr uint32_t kProtocolVersion = 1;

// The metadata entry that carries the token, as "Bearer TOKEN".
inline constexpr char kTokenHeader[] = "authorization";

// The metadata entries that name the rollout thread of an unroll stream, and the learner's answer.
inline constexpr char kActorHeader[] = "nyala-actor";
inline constexpr char kThreadHeader[] = "nyala-thread";
inline constexpr char kOpenHeader[] = "nyala-open";

// The service's full name, as health probes ask for it.
inline constexpr char kLearnerServiceName[] = "nyala.wire.Learner";

}  // namespace nyala
