// Checkpointer: decides when a checkpoint is due and writes it in the background.
//
// Capturing copies parameters and counters on the caller's (the trainer's) thread; encoding and the
// disk are a thread's that is owned here. One checkpoint is written at a time and the newest one
// waits: it takes the place of an older one that was not begun, so a disk that hangs costs memory
// for two and never stops training. A write that takes more than some seconds is said while it is
// under way. A failed write is logged; training goes on.
// Threads: one caller. Blocking: WriteFinal and the destructor, on the disk; nothing else.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/base/thread.h"
#include "common/system/slow_notice.h"
#include "learner/run/checkpoint.h"
#include "learner/run/checkpoint_store.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Checkpointer {
 public:
  Checkpointer(CheckpointStore store, const CheckpointConfig& config,
               SlowNotice::Options slow = SlowNotice::Options());
  // Waits for the write under way and for the one that waits.
  ~Checkpointer();

  // Whether one is due after `updates` updates (RunCounters), by count or by time.
  bool Due(uint64_t updates) const;
  // Hands `checkpoint` to the writing thread.
  void Submit(Checkpoint checkpoint);
  // Writes the last one, after whatever is under way, and waits for it; nothing after it.
  absl::Status WriteFinal(Checkpoint checkpoint);

 private:
  void Work();
  void Hand(Checkpoint checkpoint, bool final);
  absl::Status Write(const Checkpoint& checkpoint, bool final);
  void Close();

  const CheckpointConfig config_;
  uint64_t last_updates_ = 0;
  double last_time_;
  CheckpointStore store_;  // the writing thread's
  SlowNotice notice_;
  mutable Mutex mu_;
  CondVar changed_;
  std::unique_ptr<Checkpoint> pending_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;  // nothing comes after what is pending
  bool pending_is_final_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status final_written_;  // the writing thread's, until it has ended
  Thread thread_;               // last: it uses all of the above
};

}  // namespace nyala
