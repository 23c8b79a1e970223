// The learner as a process: RunLearner, its errors as a line, its result as an exit status. `nyala
// learner` is one, `nyala train` has one as a child.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/system/stop.h"
#include "learner/learner.h"

namespace nyala {

// Blocks until the run ends or `stop` is requested. kExitInterrupted: whoever gets it tells how to
// go on, and exits with kExitFailed.
int RunLearnerProcess(const LearnerOptions& options, StopSource& stop);

// For ActorOptions::on_hang and EvalOptions::on_hang: says so and ends the process with
// kExitFailed, at once, since the thread that hangs cannot be ended.
[[noreturn]] void EndHungProcess(const std::string& line);

// What was wrong with the user's words is kExitUsage, anything else kExitFailed.
int ExitCodeOf(const absl::Status& status);

}  // namespace nyala
