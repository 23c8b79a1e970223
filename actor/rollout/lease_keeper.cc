#include "actor/rollout/lease_keeper.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace nyala {

LeaseKeeper::LeaseKeeper(LearnerEndpoint& endpoint, const JoinReply& reply) {
  if (reply.lease_seconds <= 0) return;
  const double seconds = std::clamp(reply.lease_seconds / 3, 0.01, 3600.0);
  const std::chrono::nanoseconds pause(static_cast<int64_t>(seconds * 1e9));
  thread_.emplace("lease", [this, &endpoint, lease = reply.lease, pause] {
    while (!ended_.WaitFor(pause)) endpoint.RenewLease(lease).IgnoreError();
  });
}

LeaseKeeper::~LeaseKeeper() { ended_.RequestStop("done"); }

}  // namespace nyala
