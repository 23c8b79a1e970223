#include "deploy/cli/commands/learner_process.h"

#include <unistd.h>

#include "common/system/log.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {

int RunLearnerProcess(const LearnerOptions& options, StopSource& stop) {
  const absl::StatusOr<LearnerResult> result = RunLearner(options, stop);
  if (!result.ok()) {
    LogLine(result.status().message());
    return ExitCodeOf(result.status());
  }
  if (result->goal_reached) return kExitDone;
  if (result->reason == EndReason::kInterrupted) return kExitInterrupted;
  return result->goal_named ? kExitGoalMissed : kExitDone;
}

void EndHungProcess(const std::string& line) {
  LogLine(line);
  _exit(kExitFailed);
}

int ExitCodeOf(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

}  // namespace nyala
