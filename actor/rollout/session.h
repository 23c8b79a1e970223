// ActorSession: what one actor process does for one incarnation of a run: its rollout threads and
// their parameters, from one join to the next.
//
// Threads: Run by the owner; Halt from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actor/rollout/gradient_source.h"
#include "actor/rollout/hang_detector.h"
#include "actor/rollout/inference.h"
#include "actor/rollout/parameter_sync.h"
#include "actor/rollout/rollout.h"
#include "common/base/mutex.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

// What a session's policies are made of. Gradients are asked for in runs whose actors compute them.
struct PolicyFactories {
  // NOLINTNEXTLINE(google-explicit-constructor): most runs need no more.
  PolicyFactories(InferenceFactory make_inference, GradientFactory make_gradients = nullptr)
      : inference(std::move(make_inference)), gradients(std::move(make_gradients)) {}
  InferenceFactory inference;
  GradientFactory gradients;
};

class ActorSession {
 public:
  // Builds environments and networks as the learner's reply says, and continues from the resume
  // states in it. InvalidArgument or NotFound when this program cannot do what the reply asks for.
  // `on_hang`, if there is one, gets a line when an environment hangs
  // (actor/rollout/hang_detector.h), also while it is being made here; it runs on a thread of the
  // session's.
  static absl::StatusOr<std::unique_ptr<ActorSession>> Create(const JoinReply& reply,
                                                              const PolicyFactories& factories,
                                                              HangHandler on_hang = nullptr);

  // Whether a rejoin was answered such that this session can go on with it.
  bool Continues(const JoinReply& reply) const;

  // Runs all rollout threads until one fails, then ends the others and returns that status; OK
  // after Halt. A thread that the learner has no place for tries again while the others go on.
  // `lease` is that of the newest join. May be called again after Unavailable.
  absl::Status Run(LearnerEndpoint& endpoint, uint64_t lease);

  // Ends Run; final. Does not block. Calls of the endpoint that wait must be ended by its owner.
  void Halt();

 private:
  explicit ActorSession(const JoinReply& reply) : reply_(reply) {}
  void RunThread(Rollout& rollout, LearnerEndpoint& endpoint, uint64_t lease, ParameterSync& sync);
  // Sleeps a while; false when the session ends instead.
  bool WaitForPlace(const absl::Status& why);

  // Constant.
  const JoinReply reply_;
  std::unique_ptr<HangWatch> hangs_;  // before the rollouts, which have its marks
  std::vector<std::unique_ptr<Rollout>> rollouts_;
  // Self-synchronised: rollout threads look at it between two unrolls.
  std::atomic<bool> ending_{false};
  // Guarded.
  Mutex mu_;
  std::atomic<bool> halted_{false};  // for good; environments look at it between steps
  absl::Status first_error_ ABSL_GUARDED_BY(mu_);
  ParameterSync* sync_ ABSL_GUARDED_BY(mu_) = nullptr;  // while Run runs
  bool told_full_ ABSL_GUARDED_BY(mu_) = false;
  CondVar ended_;  // ending_ was set
};

}  // namespace nyala
