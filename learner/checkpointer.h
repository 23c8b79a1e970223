// Checkpointer: decides when a checkpoint is due and writes it in the background.
//
// Capturing copies parameters and counters on the caller's (the trainer's) thread; the disk is
// waited for on a thread owned here, one checkpoint at a time. A failed write is logged and
// remembered; training goes on.
// Threads: one caller. The destructor waits for the write under way.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/base/queue.h"
#include "common/base/thread.h"
#include "learner/checkpoint.h"
#include "learner/checkpoint_store.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Checkpointer {
 public:
  Checkpointer(CheckpointStore store, const CheckpointConfig& config);
  ~Checkpointer();

  // Whether one is due after `updates` optimizer steps, by count or by time.
  bool Due(uint64_t updates) const;
  // Hands `checkpoint` to the writing thread; waits while an earlier one is still being written.
  void Submit(Checkpoint checkpoint);
  // Writes on this thread, after whatever is under way.
  absl::Status WriteFinal(const Checkpoint& checkpoint);
  // Path of the newest one written by this process; empty before.
  std::string newest_path() const;

 private:
  void Work();
  void Finish();

  const CheckpointConfig config_;
  uint64_t last_updates_ = 0;
  double last_time_;
  CheckpointStore store_;  // the writing thread's until it has ended
  mutable Mutex mu_;
  std::string newest_path_ ABSL_GUARDED_BY(mu_);
  BoundedQueue<std::unique_ptr<Checkpoint>> queue_{1};
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
