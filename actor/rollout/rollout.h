// Rollout: one thread's loop: collect an unroll under the newest parameters, submit it, again.
//
// Parameters are swapped between unrolls only. The loop waits in two places: in Submit, while too
// many unrolls are unacknowledged, so that a slow learner stops the environments; and for the next
// policy version: in a synchronous run after every unroll, in a run of whole sessions when the
// learner needs no more of this version, or took none of it. Which part of its time it waits goes
// with every unroll.
// After a lost connection Run may be called again, within the same incarnation: the environments go
// on where they are. What was handed over and not acknowledged is the endpoint's to send again.
// Threads: Run on one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "actor/rollout/gradient_source.h"
#include "actor/rollout/inference.h"
#include "actor/rollout/parameter_sync.h"
#include "actor/rollout/unroll_builder.h"
#include "common/rl/unroll.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

struct RolloutOptions {
  uint32_t actor = 0;
  uint32_t thread = 0;
  uint64_t incarnation = 0;
  // Every unroll takes a newer version than the one before.
  bool synchronous = false;
  // Every session is played under one version: all environments start over with a new one.
  bool whole_sessions = false;
  // Unrolls carry the builder's state.
  bool want_resume_state = false;
  // Once true, what is being collected is dropped. Optional; must outlive the rollout.
  const std::atomic<bool>* stop = nullptr;
};

// What a rollout thread is called, in the process and in messages.
std::string RolloutName(uint32_t thread);

class Rollout {
 public:
  // With `gradients`, unrolls carry their gradients in place of their rows.
  Rollout(const RolloutOptions& options, std::unique_ptr<UnrollBuilder> builder,
          std::unique_ptr<Inference> inference,
          std::unique_ptr<GradientSource> gradients = nullptr);

  // Until `halt` is set (OK; calls of the endpoint and of `sync` that wait must be ended by whoever
  // sets it) or something fails: then its status, as LearnerEndpoint explains them.
  // ResourceExhausted: there is no place for this thread's stream now; nothing has happened.
  absl::Status Run(LearnerEndpoint& endpoint, uint64_t lease, ParameterSync& sync,
                   const std::atomic<bool>& halt);

 private:
  // Waits for the parameters that the next unroll needs and makes them the policy.
  absl::Status TakeParameters(ParameterSync& sync);
  absl::Status Load(const ParameterSnapshot& snapshot);
  absl::Status CollectNext();
  absl::Status Submit(UnrollStream& stream, ParameterSync& sync);

  const RolloutOptions options_;
  const std::unique_ptr<UnrollBuilder> builder_;
  const std::unique_ptr<Inference> inference_;
  const std::unique_ptr<GradientSource> gradients_;
  Unroll unroll_;
  uint64_t sequence_ = 0;  // of the newest unroll; 0: none yet
  uint64_t version_ = 0;   // of the loaded parameters; 0: none yet
  uint64_t newest_ = 1;    // that the learner is known to have
  bool enough_ = false;    // whether the learner takes no more of this version
  bool told_refusal_ = false;
  // Time waited since the newest unroll was complete, for its successor's waiting_fraction.
  double waited_seconds_ = 0;
  double cycle_start_;
};

}  // namespace nyala
