#include "learner/learner_core.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/rl/episode_rows.h"

namespace nyala {

// One rollout thread's place in the learner; gone when the stream is.
class CoreUnrollStream : public UnrollStream {
 public:
  CoreUnrollStream(LearnerCore* core, uint32_t actor, uint32_t thread, const Roster::Opened& opened)
      : core_(core),
        actor_(actor),
        thread_(thread),
        number_(opened.number),
        most_frames_(static_cast<uint64_t>(core->options_.unroll.T * opened.columns)) {}
  ~CoreUnrollStream() override {
    MutexLock lock(core_->members_mu_);
    if (core_->roster_->CloseStream(actor_, thread_, number_)) {
      core_->assembler_->RemoveMember(actor_, thread_);
    }
  }

  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override {
    if (unroll.id.actor != actor_ || unroll.id.thread != thread_) {
      return absl::InvalidArgumentError(
          absl::StrFormat("unroll field 'actor': %d/%d came on the stream of %d/%d",
                          unroll.id.actor, unroll.id.thread, actor_, thread_));
    }
    // Rows say themselves how many they are; of a gradient this is all that is known.
    if (unroll.facts.frames > most_frames_) {
      ++core_->counters_.malformed;
      return absl::InvalidArgumentError(
          absl::StrFormat("unroll field 'gradient_facts': has %d frames, its stream's unrolls %d",
                          unroll.facts.frames, most_frames_));
    }
    return core_->Submit(unroll);
  }

 private:
  LearnerCore* const core_;
  const uint32_t actor_, thread_;
  const uint64_t number_;
  const uint64_t most_frames_;
};

LearnerCore::LearnerCore(const Options& options, BatchAssembler* assembler, ParameterStore* store,
                         Roster* roster)
    : options_(options),
      synchronous_(IsSynchronous(options.config)),
      gradients_(UpdateRuleOf(options.config) == UpdateRule::kActorGradients),
      assembler_(assembler),
      store_(store),
      roster_(roster) {}

absl::StatusOr<JoinReply> LearnerCore::Join(const JoinRequest& request) {
  const ActorConfig& defaults = options_.config.actor();
  const uint32_t threads = request.threads > 0 ? request.threads : defaults.threads();
  const uint32_t envs =
      request.envs_per_thread > 0 ? request.envs_per_thread : defaults.envs_per_thread();
  constexpr uint32_t kMost = 1 << 16;
  if (threads > kMost || envs > kMost) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "join: %d threads of %d environments is more than the %d of each that are possible",
        threads, envs, kMost));
  }
  UnrollSpec unroll = options_.unroll;
  unroll.E = envs;
  const int64_t limit = options_.config.transport().max_message_bytes();
  if (unroll.bytes() > limit) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "an unroll of %d environments is %d bytes, more than transport.max_message_bytes = %d; "
        "use fewer envs_per_thread or raise the limit",
        envs, unroll.bytes(), limit));
  }
  const Roster::Slot slot = roster_->Join(request.actor_key, threads, envs);
  JoinReply reply;
  reply.run_id = options_.run_id;
  reply.incarnation = options_.incarnation;
  reply.actor = slot.actor;
  reply.config = options_.config;
  reply.threads = slot.threads;
  reply.envs_per_thread = slot.envs_per_thread;
  reply.first_environment = slot.first_environment;
  reply.resume_states = slot.resume_states;
  reply.want_resume_state = synchronous_;
  reply.run_dir = options_.run_dir;
  return reply;
}

absl::StatusOr<std::unique_ptr<UnrollStream>> LearnerCore::OpenUnrollStream(uint32_t actor,
                                                                            uint32_t thread) {
  MutexLock lock(members_mu_);
  NYALA_ASSIGN_OR_RETURN(const Roster::Opened opened, roster_->OpenStream(actor, thread));
  assembler_->AddMember(actor, thread, opened.columns);
  return std::make_unique<CoreUnrollStream>(this, actor, thread, opened);
}

absl::Status LearnerCore::CheckOrigin(const UnrollView& unroll, uint64_t newest) const {
  if (unroll.incarnation != options_.incarnation) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'incarnation': %d, but this learner is %d of run %s",
                        unroll.incarnation, options_.incarnation, options_.run_id));
  }
  if (unroll.policy_version > newest || unroll.policy_version == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'policy_version': %d does not exist, the newest is %d",
                        unroll.policy_version, newest));
  }
  if (unroll.id.sequence == 0) {
    return absl::InvalidArgumentError("unroll field 'sequence': 0, numbers start at 1");
  }
  return absl::OkStatus();
}

absl::StatusOr<SubmitReply> LearnerCore::Submit(const UnrollView& unroll) {
  const uint64_t newest = store_->version();
  absl::Status valid = CheckOrigin(unroll, newest);
  if (valid.ok()) {
    valid = gradients_ ? ValidateGradient(unroll, options_.layout, options_.parameters,
                                          options_.gradient_values)
                       : ValidateUnroll(unroll, options_.unroll);
  }
  if (!valid.ok()) {
    ++counters_.malformed;
    return valid;
  }
  SubmitReply reply;
  if (!roster_->Claim(unroll.id)) {
    ++counters_.duplicates;
    reply.verdict = UnrollVerdict::kDuplicate;
  } else {
    const absl::StatusOr<UnrollVerdict> verdict = assembler_->Admit(unroll, newest);
    if (absl::IsInvalidArgument(verdict.status())) ++counters_.malformed;
    if (!verdict.ok()) return verdict.status();
    reply.verdict = *verdict;
    if (reply.verdict != UnrollVerdict::kStale) {
      ++counters_.accepted;
      uint64_t frames = unroll.facts.frames;
      for (const uint8_t flags : unroll.flags) frames += RowIsFrame(flags) ? 1 : 0;
      counters_.environment_frames += frames;
      counters_.waiting_fraction = unroll.waiting_fraction;
    } else {
      ++counters_.stale;
    }
  }
  reply.newest_version = store_->version();
  return reply;
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> LearnerCore::FetchParameters(
    uint64_t incarnation, uint64_t have_version, uint64_t wait_for_version,
    absl::Duration timeout) {
  // A peer's idea of forever must not overflow the clock.
  timeout = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(1));
  std::shared_ptr<const ParameterSnapshot> newest =
      wait_for_version > store_->version() && incarnation == options_.incarnation
          ? store_->WaitFor(wait_for_version, absl::ToChronoNanoseconds(timeout))
          : store_->Newest();
  // What an earlier incarnation called newer is nothing here.
  if (newest != nullptr && incarnation == options_.incarnation && newest->version <= have_version) {
    return nullptr;
  }
  return newest;
}

}  // namespace nyala
