// LearnerRun: the parts of one learner, put together; used by RunLearner only.
//
// Open makes everything that can fail before anybody is let in; Train blocks. Threads: one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/system/stop.h"
#include "common/wire/server/server.h"
#include "learner/admission/learner_core.h"
#include "learner/admission/parameter_store.h"
#include "learner/admission/roster.h"
#include "learner/batches/holding_assembler.h"
#include "learner/batches/replay.h"
#include "learner/learner.h"
#include "learner/reporter.h"
#include "learner/run/checkpointer.h"
#include "learner/run/run_folder.h"
#include "learner/run/summary.h"
#include "learner/run_state.h"
#include "learner/time_limit.h"
#include "learner/training/shard_choice.h"
#include "learner/training/trainer.h"
#include "learner/training_loop.h"

namespace nyala {

class LearnerRun {
 public:
  static absl::StatusOr<std::unique_ptr<LearnerRun>> Open(const LearnerOptions& options,
                                                          StopSource& stop);
  ~LearnerRun();

  absl::StatusOr<LearnerResult> Train();

 private:
  LearnerRun(const LearnerOptions& options, StopSource& stop);

  absl::Status MakeTrainer(int64_t columns, int shards);
  absl::Status OpenFolder();
  absl::Status Restore(const Checkpoint& checkpoint);
  void RestoreGoal(const Checkpoint& checkpoint);
  absl::Status MakeAssembler(int shards);
  absl::Status StartServing();
  void AnnounceReady();
  // The last checkpoint (of a run that has not failed) and the summary: blocks on the disk alone.
  absl::Status Finish(const std::string& reason, bool failed);
  // Lets everyone go who waits for this learner.
  void Dismiss(const LearnerResult& result, const absl::Status& status);
  Checkpoint Capture(const RunState& state) const;
  Summary Summarize(const std::string& reason) const;
  double RunSeconds() const;  // of the run, over all of its processes; any thread
  // "; the last good checkpoint is ..." or that there is none.
  std::string LastGoodCheckpoint() const;

  const LearnerOptions options_;
  StopSource& stop_;
  SharedRunState state_;
  ShardChoice choice_;
  int64_t session_frames_ = 0;  // most of one session; of runs of whole sessions only
  // Of a batch that is as wide as its members: of one column, and at most; 0 where it is not.
  int64_t column_bytes_ = 0;
  int64_t most_batch_bytes_ = 0;
  ParameterStore store_;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<RunFolder> folder_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Roster> roster_;
  std::shared_ptr<Replay> replay_;  // of runs with replay
  std::string replay_left_;         // by the run that is resumed, until it is restored
  // Shared with the stop callback, which may outlive the run.
  std::shared_ptr<HoldingAssembler> assembler_;
  std::unique_ptr<LearnerCore> core_;
  std::unique_ptr<LearnerServer> server_;
  std::unique_ptr<Reporter> reporter_;
  std::optional<TimeLimit> time_limit_;
};

}  // namespace nyala
