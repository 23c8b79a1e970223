// TrainingLoop: slab in, optimizer step, new version out, until the run is over.
//
// Run blocks; it ends when a limit is reached, the goal is reached, the assembler is closed (which
// is how a stop reaches it) or a step fails. Threads: Run on one thread; everything it shares is
// shared through SharedRunState.
#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "common/system/limited_log.h"
#include "learner/admission/parameter_store.h"
#include "learner/admission/roster.h"
#include "learner/batches/batch_assembler.h"
#include "learner/run/checkpointer.h"
#include "learner/run_limits.h"
#include "learner/run_state.h"
#include "learner/training/trainer.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class TrainingLoop {
 public:
  // All must outlive the loop.
  struct Parts {
    Trainer* trainer;
    BatchAssembler* assembler;
    ParameterStore* store;
    Roster* roster;
    Checkpointer* checkpointer;
    SharedRunState* state;
    // What is not the loop's to know (run id, incarnation, ...) is filled in by this.
    std::function<Checkpoint(const RunState&)> capture;
    // Wall seconds that the run took so far, over all of its processes.
    std::function<double()> seconds;
  };
  TrainingLoop(const LimitsConfig& limits, const Parts& parts)
      : most_skipped_(limits.skipped_steps()), limits_(limits), parts_(parts) {}

  // Why it ended. Internal: a step failed.
  absl::StatusOr<EndReason> Run();

 private:
  absl::Status TrainOn(Slab* slab);
  // An error when steps were left out too many times in a row.
  absl::Status Judge(const StepStats& stats);
  void Account(const Slab& slab, const StepStats& stats, double trained_seconds);
  std::optional<EndReason> ReasonToEnd() const;

  const int most_skipped_;
  const RunLimits limits_;
  const Parts parts_;
  int skipped_in_a_row_ = 0;
  LimitedLog skips_;
};

}  // namespace nyala
