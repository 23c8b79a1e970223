// TrainingLoop: slab in, optimizer step, new version out, until the run is over.
//
// Run blocks; it ends when a limit is reached, the goal is reached, the assembler is closed (which
// is how a stop reaches it) or a step fails. Threads: Run on one thread; everything it shares is
// shared through SharedRunState.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/system/limited_log.h"
#include "learner/admission/parameter_store.h"
#include "learner/admission/roster.h"
#include "learner/batches/batch_assembler.h"
#include "learner/run/checkpointer.h"
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
    // Called after each publication, on the loop's thread; must not block.
    std::function<void()> on_new_version;
    // Wall seconds since the process (group) started.
    std::function<double()> seconds;
  };
  TrainingLoop(const RunConfig& config, const Parts& parts) : config_(config), parts_(parts) {}

  // Why it ended: "goal reached", "frame budget used", "update budget used", "stopped".
  absl::StatusOr<std::string> Run();

 private:
  absl::Status TrainOn(Slab* slab);
  // An error when steps were left out too many times in a row.
  absl::Status Judge(const StepStats& stats);
  void Account(const Slab& slab, const StepStats& stats, double trained_seconds);
  // Empty while there is a reason to go on.
  std::string ReasonToStop() const;

  const RunConfig config_;
  const Parts parts_;
  int skipped_in_a_row_ = 0;
  LimitedLog skips_;
};

}  // namespace nyala
