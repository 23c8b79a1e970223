#include "learner/learner.h"

#include "common/base/status_macros.h"
#include "learner/learner_run.h"

namespace nyala {

absl::StatusOr<LearnerResult> RunLearner(const LearnerOptions& options, StopSource& stop) {
  NYALA_ASSIGN_OR_RETURN(const auto run, LearnerRun::Open(options, stop));
  return run->Train();
}

}  // namespace nyala
