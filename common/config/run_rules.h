// What follows from a RunConfig and both learner and actors must agree on. Pure; any thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/rl/algorithm_kinds.h"
#include "nyala/run_config.pb.h"

namespace nyala {

UpdateRule UpdateRuleOf(const RunConfig& config);

// Whether an update takes exactly one unroll of every joined column, all of the newest version, so
// that an actor waits for the next version before it collects again.
bool IsSynchronous(const RunConfig& config);
// Whether every update is acted under the newest version alone, so that actors and learner take
// turns: kSynchronous and kWholeSessions.
bool TakesTurns(const RunConfig& config);

// How many unrolls of one rollout thread may be on the way and not yet acknowledged. Where
// actors and learner take turns none: a thread that then waits for the next version would not see
// that the unroll was refused, or was all that the learner needs of it.
int32_t UnrollWindow(const RunConfig& config);

// Columns of a batch that are new, batch.columns * (1 - batch.replay_fraction) rounded down; the
// others are replayed.
int64_t NewColumns(const RunConfig& config);

// The most frames of one session in a run of whole sessions, in an environment of this time limit
// (0: none): batch.max_session_frames or the time limit, whichever ends it first. Actors cut
// sessions there, and learners take none that is longer. InvalidArgument when there is neither.
absl::StatusOr<int64_t> SessionFrames(const RunConfig& config, int64_t max_episode_steps);

}  // namespace nyala
