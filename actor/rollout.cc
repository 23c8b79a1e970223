#include "actor/rollout.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status_macros.h"

namespace nyala {

Rollout::Rollout(const RolloutOptions& options, std::unique_ptr<UnrollBuilder> builder,
                 std::unique_ptr<Inference> inference)
    : options_(options),
      builder_(std::move(builder)),
      inference_(std::move(inference)),
      // The window, and the one whose Submit fails.
      unrolls_(std::max(options.window, 0) + 1, Unroll(builder_->spec())),
      cycle_start_(MonotonicSeconds()) {
  for (Unroll& unroll : unrolls_) {
    unroll.id.actor = options.actor;
    unroll.id.thread = options.thread;
    unroll.incarnation = options.incarnation;
  }
}

absl::Status Rollout::Run(LearnerEndpoint& endpoint, ParameterSync& sync,
                          const std::atomic<bool>& halt) {
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<UnrollStream> stream,
                         endpoint.OpenUnrollStream(options_.actor, options_.thread));
  NYALA_RETURN_IF_ERROR(Resubmit(*stream));
  while (!halt) {
    NYALA_RETURN_IF_ERROR(TakeParameters(sync));
    if (halt) break;
    NYALA_RETURN_IF_ERROR(CollectNext());
    if (halt) break;
    NYALA_RETURN_IF_ERROR(SubmitNewest(*stream, sync));
  }
  return absl::OkStatus();
}

absl::Status Rollout::Resubmit(UnrollStream& stream) {
  const uint64_t oldest = sequence_ - std::min<uint64_t>(sequence_, unrolls_.size());
  for (uint64_t sequence = oldest + 1; sequence <= sequence_; ++sequence) {
    NYALA_RETURN_IF_ERROR(stream.Submit(SlotOf(sequence).view()).status());
  }
  return absl::OkStatus();
}

absl::Status Rollout::TakeParameters(ParameterSync& sync) {
  // A synchronous learner takes one unroll of each version. Otherwise whatever is at hand will do.
  const uint64_t needed = options_.synchronous ? version_ + 1 : 1;
  const double start = MonotonicSeconds();
  NYALA_ASSIGN_OR_RETURN(const std::shared_ptr<const ParameterSnapshot> newest,
                         sync.WaitFor(needed));
  waited_seconds_ += MonotonicSeconds() - start;
  if (newest->version == version_) return absl::OkStatus();
  NYALA_RETURN_IF_ERROR(inference_->Load(*newest));
  version_ = newest->version;
  return absl::OkStatus();
}

absl::Status Rollout::CollectNext() {
  Unroll& unroll = SlotOf(sequence_ + 1);
  NYALA_RETURN_IF_ERROR(builder_->Collect(*inference_, &unroll));
  unroll.id.sequence = ++sequence_;
  unroll.policy_version = version_;
  unroll.resume_state.clear();
  if (options_.want_resume_state) builder_->SaveState(&unroll.resume_state);
  const double now = MonotonicSeconds();
  unroll.waiting_fraction = now > cycle_start_ ? waited_seconds_ / (now - cycle_start_) : 0;
  cycle_start_ = now;
  waited_seconds_ = 0;
  return absl::OkStatus();
}

absl::Status Rollout::SubmitNewest(UnrollStream& stream, ParameterSync& sync) {
  const double start = MonotonicSeconds();
  NYALA_ASSIGN_OR_RETURN(const SubmitReply reply, stream.Submit(SlotOf(sequence_).view()));
  waited_seconds_ += MonotonicSeconds() - start;
  // Fetched while the next unroll is collected.
  sync.Want(reply.newest_version);
  return absl::OkStatus();
}

}  // namespace nyala
