// A keeper: the process that stays with a child that makes environments, and ends what that leaves.
//
// An environment may start processes, a simulator for one, in sessions of their own if it likes.
// They die with the child, however it ends: it returns, crashes, hangs and is given up, is killed.
//   - Whatever loses its parent below the keeper becomes the keeper's (PR_SET_CHILD_SUBREAPER).
//     When the child has ended, the keeper kills all that is left, then ends as the child did.
//   - When the process that started the keeper dies, the keeper kills all.
//   - When the keeper itself is killed, the child sees it (a pipe ends), kills what it has started
//     and exits.
//
// Signals to the keeper: those of common/system/stop_signals.h are passed on to the child; SIGQUIT
// kills all at once. The caller must have no threads (deploy/launcher/child.h); the keeper has none
// either, and knows its descendants from /proc.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/system/stop.h"
#include "deploy/launcher/child.h"

namespace nyala {

// StartChild with a keeper between the two. The process id is the keeper's, which ends as the child
// does, with the same status or by the same signal, when all is gone. SIGTSTP and SIGCONT to it
// stop and continue the child's process group. `options.death_signal` is not looked at: when the
// caller dies all is killed.
absl::StatusOr<pid_t> StartKeptChild(const ChildOptions& options, const ChildBody& body);
// Kills the child of this keeper and all that came of it; the keeper ends when that is done.
void EndKeptChild(pid_t keeper);

// Runs `body` in a child with a keeper and returns the exit status that this process should have:
// the child's; or kExitFailed, after a line that says how `who` ("the actor") ended, when it was
// killed; or 128 + the signal when somebody insists, by the rules of common/system/stop_signals.h.
// The child stays in this process's group, so that a terminal reaches both and the child may read
// from it. Whichever one of the processes is killed, nothing is left. `name` is shown by top; at
// most 15 characters.
int RunKept(const std::string& name, const std::string& who, const ChildBody& body);

}  // namespace nyala
