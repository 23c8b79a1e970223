#include "learner/admission/core_unroll_stream.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

// Most bytes that an actor keeps of each of its columns, to go on exactly where it was.
constexpr uint64_t kMostStateBytes = 1 << 20;

}  // namespace

CoreUnrollStream::CoreUnrollStream(LearnerCore* core, uint64_t lease, uint32_t thread,
                                   Roster::Opened opened)
    : core_(core),
      lease_(lease),
      thread_(thread),
      opened_(std::move(opened)),
      most_frames_(static_cast<uint64_t>(core->options_.unroll.T * opened_.columns)) {}

CoreUnrollStream::~CoreUnrollStream() {
  MutexLock lock(core_->members_mu_);
  const Roster::Closed closed = core_->roster_->CloseStream(lease_, thread_, opened_.number);
  if (closed.was_open) core_->assembler_->RemoveMember(opened_.actor, thread_);
  if (!closed.left) return;
  core_->OnGone(lease_, opened_.actor, opened_.who,
                why_ended_.ok() ? "its last stream has closed" : why_ended_.message());
}

absl::Status CoreUnrollStream::CheckSender(const UnrollView& unroll) const {
  if (unroll.id.actor != opened_.actor || unroll.id.thread != thread_) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'actor': %d/%d came on the stream of %d/%d", unroll.id.actor,
                        unroll.id.thread, opened_.actor, thread_));
  }
  // An unroll's rows can be counted; of a gradient's there is only this number.
  if (unroll.facts.frames > most_frames_) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'gradient_facts': has %d frames, its stream's unrolls %d",
                        unroll.facts.frames, most_frames_));
  }
  if (unroll.resume_state.size() > kMostStateBytes * static_cast<uint64_t>(opened_.columns)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'resume_state': has %d bytes, more than %d for each column",
                        unroll.resume_state.size(), kMostStateBytes));
  }
  return absl::OkStatus();
}

absl::Status CoreUnrollStream::Superseded() const {
  return absl::UnavailableError(absl::StrFormat(
      "this stream of actor %d is not the newest, or its lease has ended; it has to join again",
      opened_.actor));
}

absl::Status CoreUnrollStream::Standing() {
  return core_->roster_->IsOpen(lease_, thread_, opened_.number) ? absl::OkStatus() : Superseded();
}

absl::Status CoreUnrollStream::Malformed(const absl::Status& why) {
  ++core_->counters_.malformed;
  core_->bad_unrolls_("actor %d (%s) is refused: %s", opened_.actor, opened_.who, why.message());
  return why;
}

absl::StatusOr<SubmitReply> CoreUnrollStream::Submit(const UnrollView& unroll) {
  absl::Status valid = CheckSender(unroll);
  if (valid.ok()) valid = core_->Validate(unroll, core_->store_->version());
  if (!valid.ok() && !absl::IsOutOfRange(valid)) return Malformed(valid);
  NYALA_ASSIGN_OR_RETURN(const Roster::Claimed claimed,
                         core_->roster_->Claim(lease_, thread_, opened_.number, unroll.id.sequence,
                                               core_->fits_, valid.ok()));
  switch (claimed) {
    case Roster::Claimed::kGone:
      ++core_->counters_.superseded;
      return Superseded();
    case Roster::Claimed::kDuplicate:
      ++core_->counters_.duplicates;
      return SubmitReply{UnrollVerdict::kDuplicate, core_->store_->version(), ""};
    case Roster::Claimed::kBack:
      core_->silences_("rollout thread %d of actor %d (%s) has sent something again", thread_,
                       opened_.actor, opened_.who);
      break;
    case Roster::Claimed::kFresh:
      break;
  }
  UnrollView mine = unroll;
  mine.first_environment = opened_.first_environment;
  mine.holder = opened_.holder;
  // Only synchronous runs ask for resume states.
  if (!core_->synchronous_) mine.resume_state = {};
  if (valid.ok()) {
    absl::StatusOr<SubmitReply> reply = core_->Admit(mine);
    if (absl::IsInvalidArgument(reply.status())) return Malformed(reply.status());
    return reply;
  }
  if (!std::exchange(told_refusal_, true)) {
    core_->bad_unrolls_(
        "an unroll of actor %d (%s), environment '%s', was refused and is left out: %s",
        opened_.actor, opened_.who, core_->options_.config.environment().id(), valid.message());
  }
  return core_->Refuse(mine, valid);
}

}  // namespace nyala
