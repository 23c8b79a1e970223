// RunActor: a whole actor process but its command line.
//
// Joins the learner, rolls out what the learner's configuration says on as many threads as its
// share is, rejoins a lost learner, and ends with the run.
// Blocking: until the run is over, `stop` is requested (prompt), or an error. All threads and
// connections are gone when it returns.
#pragma once

#include "absl/status/status.h"
#include "actor/rollout/join_loop.h"
#include "common/system/stop.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

// OK: the run is over, or stopped. InvalidArgument: the address or the security settings.
// Unavailable: the learner could not be reached for too long, the message names its address.
// Anything else: the learner's refusal, or what keeps this program from taking part.
absl::Status RunActor(const ActorOptions& options, StopSource& stop);

// Over an endpoint of the caller's own (a learner in this process, a test's fake). A stop must make
// the endpoint's waiting calls return, which is up to the caller; options.security is not used.
absl::Status RunActor(const ActorOptions& options, LearnerEndpoint& endpoint, StopSource& stop);

}  // namespace nyala
