// Constants of the wire that both sides must agree on.
#pragma once

#include <cstdint>

namespace nyala {

// Goes up when a peer of the other version could misunderstand a message. Learner and actors must
// be of the same version; Join tells.
inline constexpr uint32_t kProtocolVersion = 2;

// The metadata entry that carries the token, as "Bearer TOKEN".
inline constexpr char kTokenHeader[] = "authorization";

// The metadata entries that name the rollout thread of an unroll stream, and the learner's answer.
inline constexpr char kLeaseHeader[] = "nyala-lease";
inline constexpr char kThreadHeader[] = "nyala-thread";
inline constexpr char kOpenHeader[] = "nyala-open";

// The details of a RESOURCE_EXHAUSTED that means: all places are taken, try again later.
inline constexpr char kFullDetails[] = "full";

// Most bytes of a request that is no unroll.
inline constexpr int64_t kSmallRequestBytes = 64 << 10;

// The service's full name, as health probes ask for it.
inline constexpr char kLearnerServiceName[] = "nyala.wire.Learner";

}  // namespace nyala
