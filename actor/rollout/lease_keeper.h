// LeaseKeeper: renews an actor's lease while it lives, three times as often as needed.
//
// An open stream holds a lease by itself; between a join and the streams there are the environments
// to be made, which may take minutes. A renewal that fails says nothing: whoever opens a stream
// next hears why. Threads: owns one. Blocking: the destructor, for at most one call of the
// endpoint.
#pragma once

#include <optional>

#include "common/base/thread.h"
#include "common/system/stop.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

class LeaseKeeper {
 public:
  // `endpoint` must outlive it. Does nothing for a lease without an end.
  LeaseKeeper(LearnerEndpoint& endpoint, const JoinReply& reply);
  ~LeaseKeeper();

 private:
  StopSource ended_;
  std::optional<Thread> thread_;  // last: it uses all of the above
};

}  // namespace nyala
