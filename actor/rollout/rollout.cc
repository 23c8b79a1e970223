#include "actor/rollout/rollout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/system/log.h"

namespace nyala {

std::string RolloutName(uint32_t thread) { return absl::StrCat("rollout-", thread); }

Rollout::Rollout(const RolloutOptions& options, std::unique_ptr<UnrollBuilder> builder,
                 std::unique_ptr<Inference> inference, std::unique_ptr<GradientSource> gradients)
    : options_(options),
      builder_(std::move(builder)),
      inference_(std::move(inference)),
      gradients_(std::move(gradients)),
      unroll_(builder_->spec()),
      cycle_start_(MonotonicSeconds()) {
  unroll_.id.actor = options.actor;
  unroll_.id.thread = options.thread;
  unroll_.incarnation = options.incarnation;
}

absl::Status Rollout::Run(LearnerEndpoint& endpoint, uint64_t lease, ParameterSync& sync,
                          const std::atomic<bool>& halt) {
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<UnrollStream> stream,
                         endpoint.OpenUnrollStream(lease, options_.thread));
  while (!halt) {
    NYALA_RETURN_IF_ERROR(TakeParameters(sync));
    if (halt) break;
    // What was collected is handed over even at an end: numbers have no gaps after a rejoin.
    NYALA_RETURN_IF_ERROR(CollectNext());
    NYALA_RETURN_IF_ERROR(Submit(*stream, sync));
  }
  return absl::OkStatus();
}

absl::Status Rollout::TakeParameters(ParameterSync& sync) {
  // A synchronous learner takes one unroll of each version. A gradient at old parameters is worth
  // less than the short wait for new ones. Otherwise whatever is at hand will do, unless the
  // learner has said that it will not.
  const uint64_t needed = options_.synchronous || enough_ ? version_ + 1 : gradients_ ? newest_ : 1;
  const double start = MonotonicSeconds();
  NYALA_ASSIGN_OR_RETURN(const std::shared_ptr<const ParameterSnapshot> newest,
                         sync.WaitFor(needed));
  waited_seconds_ += MonotonicSeconds() - start;
  if (newest->version != version_) NYALA_RETURN_IF_ERROR(Load(*newest));
  // The successor is fetched while this unroll is collected.
  sync.Want(version_ + 1);
  return absl::OkStatus();
}

absl::Status Rollout::Load(const ParameterSnapshot& snapshot) {
  NYALA_RETURN_IF_ERROR(inference_->Load(snapshot));
  if (gradients_ != nullptr) NYALA_RETURN_IF_ERROR(gradients_->Load(snapshot));
  if (options_.whole_sessions && version_ > 0) {
    NYALA_RETURN_IF_ERROR(builder_->Restart());
  }
  version_ = snapshot.version;
  enough_ = false;
  return absl::OkStatus();
}

absl::Status Rollout::CollectNext() {
  NYALA_RETURN_IF_ERROR(builder_->Collect(*inference_, &unroll_, options_.stop));
  if (gradients_ != nullptr) {
    NYALA_RETURN_IF_ERROR(gradients_->Compute(&unroll_));
    // One row of final observations has no gradient, and no episode ends in it.
    if (unroll_.facts.frames == 0) return CollectNext();
  }
  unroll_.id.sequence = ++sequence_;
  unroll_.policy_version = version_;
  unroll_.resume_state.clear();
  if (options_.want_resume_state) builder_->SaveState(&unroll_.resume_state);
  const double now = MonotonicSeconds();
  const double cycle = now - cycle_start_;
  unroll_.waiting_fraction = cycle > 0 ? std::min(waited_seconds_ / cycle, 1.0) : 0;
  cycle_start_ = now;
  waited_seconds_ = 0;
  return absl::OkStatus();
}

absl::Status Rollout::Submit(UnrollStream& stream, ParameterSync& sync) {
  const double start = MonotonicSeconds();
  NYALA_ASSIGN_OR_RETURN(const SubmitReply reply, stream.Submit(unroll_.view()));
  waited_seconds_ += MonotonicSeconds() - start;
  newest_ = reply.newest_version;
  sync.Want(newest_);
  // The next version does come: the learner says this only while it trains, or while it has enough
  // of this thread and waits for others, who deliver or leave.
  enough_ = options_.whole_sessions &&
            (reply.verdict == UnrollVerdict::kEnough || reply.verdict == UnrollVerdict::kStale);
  if (reply.verdict == UnrollVerdict::kRefused && !std::exchange(told_refusal_, true)) {
    Log("the learner refused an unroll of %s: %s", RolloutName(options_.thread), reply.reason);
  }
  return absl::OkStatus();
}

}  // namespace nyala
