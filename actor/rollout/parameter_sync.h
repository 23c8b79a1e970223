// ParameterSync: the newest parameters of the learner, for all rollout threads of a process.
//
// A thread of its own fetches, gated by version and with at most one call in flight, whenever
// somebody wants a version newer than the one at hand; rollout threads go on meanwhile and take the
// result between two unrolls.
// Threads: all methods may be called from any thread. Blocking: WaitFor, and the destructor for at
// most one call of the endpoint. End: Stop(), or the first error of the endpoint; both wake
// everyone who waits, and are final.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/thread.h"
#include "common/rl/snapshot.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

class ParameterSync {
 public:
  // `endpoint` must outlive this. No call to it waits for a version longer than `patience`, which
  // bounds how long an end takes; a version that is not there by then is asked for again.
  ParameterSync(LearnerEndpoint& endpoint, uint64_t lease, uint64_t incarnation,
                absl::Duration patience = absl::Seconds(1));
  ~ParameterSync();

  // The learner has (or will have) this version: fetch it when it is newer than what is at hand.
  void Want(uint64_t version);
  // Wants the version and waits until it, or a newer one, is at hand. Cancelled after Stop; the
  // endpoint's own status after its error.
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> WaitFor(uint64_t version);
  // Does not block.
  void Stop();

 private:
  void FetchLoop();
  // The wanted version, or 0 when ended.
  uint64_t AwaitWish(uint64_t have);
  void Publish(std::shared_ptr<const ParameterSnapshot> snapshot);
  void End(const absl::Status& status);
  uint64_t have() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return newest_ == nullptr ? 0 : newest_->version;
  }

  // Constant.
  LearnerEndpoint& endpoint_;
  const uint64_t lease_;
  const uint64_t incarnation_;
  const absl::Duration patience_;
  // Guarded.
  Mutex mu_;
  CondVar changed_;
  uint64_t wanted_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<const ParameterSnapshot> newest_ ABSL_GUARDED_BY(mu_);
  absl::Status end_ ABSL_GUARDED_BY(mu_);  // OK while alive
  // Last, so that it starts when all else is there.
  Thread thread_;
};

}  // namespace nyala
