// Rollout: one thread's loop: collect an unroll under the newest parameters, submit it, again.
//
// Parameters are swapped between unrolls only. The loop waits in two places: in Submit, while too
// many unrolls are unacknowledged, so that a slow learner stops the environments; and, in a
// synchronous run, for the next policy version. Which part of its time it waits goes with every
// unroll.
// After a lost connection Run may be called again with a new endpoint stream of the same
// incarnation: the unrolls that may have got lost are submitted again under their old ids, and the
// environments go on where they are.
// Threads: Run on one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "actor/inference.h"
#include "actor/parameter_sync.h"
#include "actor/unroll_builder.h"
#include "common/rl/unroll.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

struct RolloutOptions {
  uint32_t actor = 0;
  uint32_t thread = 0;
  uint64_t incarnation = 0;
  // Every unroll takes a newer version than the one before.
  bool synchronous = false;
  // Unrolls carry the builder's state.
  bool want_resume_state = false;
  // ActorConfig.window.
  int32_t window = 1;
};

class Rollout {
 public:
  Rollout(const RolloutOptions& options, std::unique_ptr<UnrollBuilder> builder,
          std::unique_ptr<Inference> inference);

  // Until `halt` is set (OK; calls of the endpoint and of `sync` that wait must be ended by whoever
  // sets it) or something fails: then its status, as LearnerEndpoint explains them.
  absl::Status Run(LearnerEndpoint& endpoint, ParameterSync& sync, const std::atomic<bool>& halt);

 private:
  absl::Status Resubmit(UnrollStream& stream);
  // Waits for the parameters that the next unroll needs and makes them the policy.
  absl::Status TakeParameters(ParameterSync& sync);
  // Fills the oldest of `unrolls_`, which becomes the newest.
  absl::Status CollectNext();
  absl::Status SubmitNewest(UnrollStream& stream, ParameterSync& sync);
  // The slot of the unroll with this sequence number.
  Unroll& SlotOf(uint64_t sequence) { return unrolls_[sequence % unrolls_.size()]; }

  const RolloutOptions options_;
  const std::unique_ptr<UnrollBuilder> builder_;
  const std::unique_ptr<Inference> inference_;
  // As many as may be unacknowledged at once, to be submitted again after a lost connection.
  std::vector<Unroll> unrolls_;
  uint64_t sequence_ = 0;  // of the newest unroll; 0: none yet
  uint64_t version_ = 0;   // of the loaded parameters; 0: none yet
  // Of the time since the newest unroll was complete, for its successor's waiting_fraction.
  double waited_seconds_ = 0;
  double cycle_start_;
};

}  // namespace nyala
