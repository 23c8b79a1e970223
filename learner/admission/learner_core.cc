#include "learner/admission/learner_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/counted.h"
#include "common/base/printable.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/rl/episode_rows.h"
#include "common/wire/memory.h"
#include "learner/admission/core_unroll_stream.h"
#include "learner/admission/fits.h"

namespace nyala {
namespace {

// Most bytes of what a peer says for people. It goes into a log.
constexpr size_t kMostHost = 64;
constexpr size_t kMostReason = 400;

// Others may leave; what would not fit alone never will.
absl::StatusCode CodeOfRefusal(bool fits_alone) {
  return fits_alone ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kFailedPrecondition;
}

// How long an actor whose streams have closed may take to say why.
constexpr double kLastWordSeconds = 1;
constexpr size_t kMostGone = 1024;

// "web1, pid 42".
std::string WhoIs(const std::string& host, int64_t pid) {
  std::string name = host.substr(0, kMostHost);
  for (char& c : name) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) c = '?';
  }
  return absl::StrFormat("%s, pid %d", name, pid);
}

}  // namespace

LearnerCore::LearnerCore(const Options& options, BatchAssembler* assembler, ParameterStore* store,
                         Roster* roster)
    : options_(options),
      synchronous_(IsSynchronous(options.config)),
      gradients_(UpdateRuleOf(options.config) == UpdateRule::kActorGradients),
      assembler_(assembler),
      store_(store),
      roster_(roster) {
  fits_ = [this](const Roster::Slot& slot, const Roster::Sizes& beside) {
    return CheckFit(slot, beside);
  };
  assembler_->OnSilence([this](const std::vector<SilentMember>& silent, double seconds_waited) {
    OnSilence(silent, seconds_waited);
  });
}

absl::StatusOr<JoinReply> LearnerCore::Join(const JoinRequest& request) {
  if (request.only_ask) return Describe();
  Tick();
  const std::string who = WhoIs(request.host, request.pid);
  absl::StatusOr<JoinReply> reply = TryJoin(request, who);
  if (!reply.ok()) {
    ++counters_.refused_joins;
    // An actor tries again and again: the same refusal is logged once.
    MutexLock lock(members_mu_);
    if (told_refusals_.size() > kMostGone) told_refusals_.clear();
    std::string& told = told_refusals_[request.actor_key];
    if (told == reply.status().message()) return reply;
    told = std::string(reply.status().message());
    refusals_("%s may not join: %s", who, told);
  }
  return reply;
}

absl::Status LearnerCore::CheckRequest(uint32_t threads, uint32_t envs) const {
  constexpr uint32_t kMost = 1 << 16;
  if (threads > kMost || envs > kMost) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "join: %d threads of %d environments is more than the %d of each that are possible",
        threads, envs, kMost));
  }
  UnrollSpec unroll = options_.unroll;
  unroll.E = envs;
  const int64_t limit = options_.config.transport().max_message_bytes();
  if (unroll.bytes() <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "an unroll of %d environments is %d bytes, more than transport.max_message_bytes = %d; "
      "use fewer envs_per_thread or raise the limit",
      envs, unroll.bytes(), limit));
}

absl::Status LearnerCore::CheckFit(const Roster::Slot& slot, const Roster::Sizes& beside) const {
  NYALA_RETURN_IF_ERROR(CheckMessages(slot, beside));
  return CheckColumns(slot, beside);
}

double LearnerCore::MessagesOf(int64_t threads, uint32_t envs) const {
  UnrollSpec unroll = options_.unroll;
  unroll.E = envs;
  return MessageMemoryNeeded(0, threads,
                             MessageBytes(options_.config, unroll, options_.gradient_values));
}

absl::Status LearnerCore::CheckMessages(const Roster::Slot& slot,
                                        const Roster::Sizes& beside) const {
  if (options_.message_memory == 0) return absl::OkStatus();
  const auto limit = static_cast<double>(options_.message_memory);
  const double own = MessageMemoryNeeded(1, 0, 0) + MessagesOf(slot.threads, slot.envs_per_thread);
  double others = MessageMemoryNeeded(beside.actors, 0, 0);
  int64_t all_threads = slot.threads;
  for (const auto& [envs, threads] : beside.threads) {
    others += MessagesOf(threads, envs);
    all_threads += threads;
  }
  if (own + others <= limit) return absl::OkStatus();
  return absl::Status(
      CodeOfRefusal(own <= limit),
      absl::StrFormat("with it the messages of %s would take %.3g MB on their way in, more than "
                      "the %.3g MB that transport.memory_bytes allows (0: a quarter of the "
                      "learner's memory); use fewer actors, threads or envs_per_thread",
                      Counted(all_threads, "rollout thread"), (own + others) / 1e6, limit / 1e6));
}

absl::Status LearnerCore::CheckColumns(const Roster::Slot& slot,
                                       const Roster::Sizes& beside) const {
  if (options_.most_bytes == 0) return absl::OkStatus();
  const int64_t most = options_.most_bytes / std::max<int64_t>(1, options_.column_bytes);
  const int64_t columns = beside.columns + slot.columns();
  if (columns <= most) return absl::OkStatus();
  return absl::Status(
      CodeOfRefusal(slot.columns() <= most),
      absl::StrFormat(
          "with it the batch would have %s of %.3g MB, more than the %.3g MB that "
          "batch.max_bytes allows (0: half of the learner's memory); use fewer actors, threads or "
          "envs_per_thread",
          Counted(columns, "column"), static_cast<double>(options_.column_bytes) / 1e6,
          static_cast<double>(options_.most_bytes) / 1e6));
}

absl::StatusOr<JoinReply> LearnerCore::TryJoin(const JoinRequest& request, const std::string& who) {
  const ActorConfig& defaults = options_.config.actor();
  const uint32_t threads = request.threads > 0 ? request.threads : defaults.threads();
  const uint32_t envs =
      request.envs_per_thread > 0 ? request.envs_per_thread : defaults.envs_per_thread();
  NYALA_RETURN_IF_ERROR(CheckRequest(threads, envs));
  MutexLock lock(members_mu_);
  NYALA_ASSIGN_OR_RETURN(const Roster::Joined joined,
                         roster_->Join(request.actor_key, threads, envs, who, fits_));
  const Roster::Slot& slot = joined.slot;
  // The end of whoever had this slot before is logged first.
  GiveUpWhere([&slot](const Gone& gone) { return gone.actor == slot.actor; });
  if (options_.tell_joins) {
    comings_("actor %d (%s) %s: %s of %s; %s", slot.actor, who,
             joined.continues ? "joined again" : "joined", Counted(slot.threads, "rollout thread"),
             Counted(slot.envs_per_thread, "environment"), Counted(roster_->joined(), "actor"));
  }
  for (const uint32_t thread : joined.superseded) assembler_->RemoveMember(slot.actor, thread);
  JoinReply reply = Describe();
  reply.actor = slot.actor;
  reply.threads = slot.threads;
  reply.envs_per_thread = slot.envs_per_thread;
  reply.first_environment = slot.first_environment;
  reply.resume_states = slot.resume_states;
  reply.want_resume_state = synchronous_;
  reply.lease = joined.lease;
  reply.lease_seconds = options_.config.transport().lease_seconds();
  reply.continues = joined.continues;
  return reply;
}

JoinReply LearnerCore::Describe() const {
  JoinReply reply;
  reply.run_id = options_.run_id;
  reply.incarnation = options_.incarnation;
  reply.config = options_.config;
  reply.run_dir = options_.run_dir;
  return reply;
}

absl::Status LearnerCore::Leave(const LeaveRequest& request) {
  const std::string reason = Printable(request.reason.substr(0, kMostReason));
  if (request.lease == 0 && request.actor_key == 0) {
    ++counters_.refused_joins;
    declines_("%s does not join: %s", WhoIs(request.host, request.pid), reason);
    return absl::OkStatus();
  }
  MutexLock lock(members_mu_);
  Roster::Left left;
  const auto gone = gone_.find(request.lease);
  if (gone != gone_.end()) {
    left = {gone->second.actor, gone->second.who, {}};
    gone_.erase(gone);
  } else if (request.lease == 0) {
    NYALA_ASSIGN_OR_RETURN(left, roster_->LeaveByKey(request.actor_key));
  } else {
    NYALA_ASSIGN_OR_RETURN(left, roster_->Leave(request.lease));
  }
  for (const uint32_t thread : left.threads) assembler_->RemoveMember(left.actor, thread);
  if (options_.tell_joins) comings_("actor %d (%s) left: %s", left.actor, left.who, reason);
  return absl::OkStatus();
}

void LearnerCore::OnGone(uint64_t lease, uint32_t actor, const std::string& who,
                         absl::string_view why) {
  if (gone_.size() >= kMostGone) {
    const auto oldest = std::min_element(
        gone_.begin(), gone_.end(),
        [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
    GiveUp(oldest->second);
    gone_.erase(oldest);
  }
  gone_[lease] = {actor, who, std::string(why), MonotonicSeconds()};
}

void LearnerCore::GiveUp(const Gone& gone) {
  ++counters_.lost_actors;
  if (options_.tell_joins) comings_("actor %d (%s) left: %s", gone.actor, gone.who, gone.why);
}

void LearnerCore::GiveUpWhere(absl::FunctionRef<bool(const Gone&)> chosen) {
  for (auto gone = gone_.begin(); gone != gone_.end();) {
    const auto next = std::next(gone);
    if (chosen(gone->second)) {
      GiveUp(gone->second);
      gone_.erase(gone);
    }
    gone = next;
  }
}

void LearnerCore::Tick() {
  MutexLock lock(members_mu_);
  const double now = MonotonicSeconds();
  GiveUpWhere([now](const Gone& gone) { return now > gone.since + kLastWordSeconds; });
  for (const Roster::Expired& expired : roster_->Expire()) {
    GiveUp({expired.actor, expired.who, "it opened no stream and its lease has ended", now});
  }
}

absl::Status LearnerCore::RenewLease(uint64_t lease) { return roster_->Renew(lease); }

absl::StatusOr<std::unique_ptr<UnrollStream>> LearnerCore::OpenUnrollStream(uint64_t lease,
                                                                            uint32_t thread) {
  MutexLock lock(members_mu_);
  NYALA_ASSIGN_OR_RETURN(Roster::Opened opened, roster_->OpenStream(lease, thread, fits_));
  assembler_->AddMember({opened.actor, thread, opened.columns, opened.on_probation, opened.holder});
  return std::make_unique<CoreUnrollStream>(this, lease, thread, std::move(opened));
}

void LearnerCore::OnSilence(const std::vector<SilentMember>& silent, double seconds_waited) {
  MutexLock lock(members_mu_);
  for (const SilentMember& member : silent) {
    const std::optional<std::string> who =
        roster_->LeaveOut(member.actor, member.thread, member.holder, member.left_out_at);
    // It left in the meantime, and another may have its place.
    if (!who) continue;
    ++counters_.stragglers;
    silences_(
        "rollout thread %d of actor %d (%s) has sent nothing for %.0f s "
        "(batch.straggler_seconds); batches go on without it until it does",
        member.thread, member.actor, *who, seconds_waited);
  }
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

absl::Status LearnerCore::Validate(const UnrollView& unroll, uint64_t newest) const {
  NYALA_RETURN_IF_ERROR(CheckOrigin(unroll, newest));
  return gradients_ ? ValidateGradient(unroll, options_.layout, options_.parameters,
                                       options_.gradient_values)
                    : ValidateUnroll(unroll, options_.unroll);
}

absl::StatusOr<SubmitReply> LearnerCore::Admit(const UnrollView& unroll) {
  SubmitReply reply;
  NYALA_ASSIGN_OR_RETURN(reply.verdict, assembler_->Admit(unroll, store_->version()));
  reply.newest_version = store_->version();
  if (reply.verdict == UnrollVerdict::kStale) {
    ++counters_.stale;
    return reply;
  }
  ++counters_.accepted;
  uint64_t frames = unroll.facts.frames;
  for (const uint8_t flags : unroll.flags) frames += RowIsFrame(flags) ? 1 : 0;
  counters_.environment_frames += frames;
  counters_.waiting_fraction = unroll.waiting_fraction;
  return reply;
}

SubmitReply LearnerCore::Refuse(const UnrollView& unroll, const absl::Status& why) {
  ++counters_.refused;
  assembler_->Refuse(unroll);
  return {UnrollVerdict::kRefused, store_->version(), std::string(why.message())};
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> LearnerCore::FetchParameters(
    const ParameterRequest& request, absl::Duration) {
  NYALA_RETURN_IF_ERROR(roster_->Renew(request.lease));
  const bool same_incarnation = request.incarnation == options_.incarnation;
  std::shared_ptr<const ParameterSnapshot> newest = store_->Newest();
  // Versions of another incarnation cannot be compared with ours.
  if (newest != nullptr && same_incarnation && newest->version <= request.have_version) {
    return nullptr;
  }
  return newest;
}

}  // namespace nyala
