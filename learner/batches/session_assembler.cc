#include "learner/batches/session_assembler.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

// Starts of a member in one batch that count as signs of life.
constexpr int kMostStarts = 4;
constexpr double kNever = std::numeric_limits<double>::infinity();

}  // namespace

bool SessionAssembler::HoldsRows(const Member& member) {
  return std::any_of(member.columns.begin(), member.columns.end(),
                     [](const SessionColumn& column) { return column.rows() > 0; });
}

void SessionAssembler::BeginBatch(Member* member) const {
  StartOver(member);
  member->departure = 0;
  member->starts = 0;
  member->heard_at = MonotonicSeconds();
  if (member->working_since == 0) member->working_since = member->heard_at;
}

void SessionAssembler::StartOver(Member* member) const {
  member->columns.resize(member->width, SessionColumn(&spec_));
  for (SessionColumn& column : member->columns) column.Reset();
  member->met_quota = false;
  member->last_sequence = 0;
  ++member->starts;
}

void SessionAssembler::AddMember(const NewMember& added) {
  MutexLock lock(mu_);
  Member& member = members_[{added.actor, added.thread}];
  const bool same =
      member.present && member.width == added.columns && member.holder == added.holder;
  member.holder = added.holder;
  member.present = true;
  member.width = added.columns;
  if (!same) {
    member.on_probation = added.on_probation;
    member.heard_at = MonotonicSeconds();
    member.working_since = member.heard_at;
  }
  // A new stream of the same thread goes on, if its unrolls do. What is in the batch stays there.
  if (phase_ == Phase::kCollecting && !member.met_quota && !same) BeginBatch(&member);
  NoteMember();
}

void SessionAssembler::RemoveMember(uint32_t actor, uint32_t thread) {
  MutexLock lock(mu_);
  const auto member = members_.find({actor, thread});
  if (member == members_.end()) return;
  member->second.present = false;
  if (phase_ != Phase::kCollecting) return;
  if (member->second.met_quota) {
    if (member->second.departure == 0) member->second.departure = ++departures_;
    return ForgetDeparted();
  }
  members_.erase(member);
  if (members_.empty()) first_member_at_ = 0;
  FinishIfComplete();
}

// Nobody else counts what they hold.
void SessionAssembler::ForgetDeparted() {
  if (phase_ != Phase::kCollecting || options_.most_columns == 0 || departures_ == 0) return;
  int64_t columns = 0;
  std::map<uint64_t, MemberId> departed;
  for (const auto& [id, member] : members_) {
    if (HoldsRows(member)) columns += static_cast<int64_t>(member.columns.size());
    if (member.departure > 0) departed[member.departure] = id;
  }
  for (const auto& [departure, id] : departed) {
    if (columns <= options_.most_columns) return;
    Member& member = members_.at(id);
    columns -= static_cast<int64_t>(member.columns.size());
    member.met_quota = false;
    member.departure = 0;
    // Its number may be another's by now, who plays for this batch then.
    if (member.present) {
      BeginBatch(&member);
    } else {
      members_.erase(id);
    }
  }
  const bool any_quota = std::any_of(members_.begin(), members_.end(),
                                     [](const auto& entry) { return entry.second.met_quota; });
  if (!any_quota) first_quota_at_ = 0;
  if (members_.empty()) first_member_at_ = 0;
}

void SessionAssembler::FinishIfComplete() {
  if (!begun_ || phase_ != Phase::kCollecting || first_quota_at_ == 0) return;
  for (const auto& [id, member] : members_) {
    if (IsAwaited(member)) return;
  }
  phase_ = Phase::kFull;
  changed_.NotifyAll();
}

bool SessionAssembler::MetQuota(const Member& member) const {
  return std::all_of(
      member.columns.begin(), member.columns.end(),
      [this](const SessionColumn& column) { return column.Complete(options_.wanted); });
}

absl::Status SessionAssembler::Append(const UnrollView& unroll, Member* member) const {
  for (int64_t e = 0; e < unroll.E; ++e) {
    NYALA_RETURN_IF_ERROR(member->columns[e].Append(unroll, e, options_.wanted));
  }
  return absl::OkStatus();
}

absl::StatusOr<SessionAssembler::Member*> SessionAssembler::SenderOf(const UnrollView& unroll,
                                                                     bool good) {
  const auto found = members_.find({unroll.id.actor, unroll.id.thread});
  if (found == members_.end() || !found->second.present || found->second.holder != unroll.holder) {
    return nullptr;
  }
  Member& member = found->second;
  NYALA_RETURN_IF_ERROR(CheckWidth(unroll, member.width));
  // Whoever was told "stale" takes a newer version next.
  if (unroll.policy_version <= member.stale_version) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "unroll field 'policy_version': is %d, which was refused before", unroll.policy_version));
  }
  const double now = MonotonicSeconds();
  if (good && member.working_since > 0) patience_.Note(now - member.working_since);
  member.working_since = now;
  if (member.starts <= kMostStarts) member.heard_at = now;
  // There may be a deadline now.
  if (good && std::exchange(member.on_probation, false)) changed_.NotifyAll();
  // Sessions that are in the batch may be those of whoever had the number before.
  if (!member.met_quota) member.first_environment = unroll.first_environment;
  if (unroll.policy_version < version_) member.stale_version = unroll.policy_version;
  if (phase_ != Phase::kCollecting || member.met_quota || unroll.policy_version != version_ ||
      unroll.id.sequence <= member.last_sequence) {
    return nullptr;
  }
  return &member;
}

absl::StatusOr<UnrollVerdict> SessionAssembler::Admit(const UnrollView& unroll, uint64_t) {
  MutexLock lock(mu_);
  if (closed_) return why_closed_;
  NYALA_ASSIGN_OR_RETURN(Member* const member, SenderOf(unroll, true));
  if (member == nullptr) return UnrollVerdict::kStale;
  const bool follows =
      member->last_sequence == 0 || unroll.id.sequence == member->last_sequence + 1;
  if (member->columns.empty() || !follows) {
    StartOver(member);
  }
  member->last_sequence = unroll.id.sequence;
  const absl::Status appended = Append(unroll, member);
  if (!appended.ok()) {
    StartOver(member);
    return appended;
  }
  ForgetDeparted();
  member->met_quota = MetQuota(*member);
  if (!member->met_quota) return UnrollVerdict::kAccepted;
  member->working_since = 0;
  if (first_quota_at_ == 0) first_quota_at_ = MonotonicSeconds();
  FinishIfComplete();
  // Patience may now end.
  changed_.NotifyAll();
  return UnrollVerdict::kEnough;
}

void SessionAssembler::Refuse(const UnrollView& unroll) {
  MutexLock lock(mu_);
  const absl::StatusOr<Member*> member = SenderOf(unroll, false);
  if (member.ok() && *member != nullptr) StartOver(*member);
}

double SessionAssembler::Deadline() const {
  if (phase_ != Phase::kCollecting) return kNever;
  if (!begun_) {
    if (first_member_at_ == 0) return kNever;
    return first_member_at_ + (first_quota_at_ == 0 ? patience_.longest() : patience_.limit());
  }
  double deadline = kNever;
  for (const auto& [id, member] : members_) {
    if (IsAwaited(member)) deadline = std::min(deadline, DeadlineOf(member));
  }
  return deadline;
}

double SessionAssembler::DeadlineOf(const Member& member) const {
  if (first_quota_at_ == 0) return member.heard_at + patience_.longest();
  return std::min(member.heard_at + patience_.limit(), first_quota_at_ + patience_.most());
}

PatientAssembler::Silence SessionAssembler::LeaveOutSilent() {
  Silence silent;
  const double now = MonotonicSeconds();
  for (auto& [id, member] : members_) {
    if (!IsAwaited(member) || now < DeadlineOf(member)) continue;
    silent.members.push_back({id.first, id.second, member.holder, now});
    silent.seconds = std::max(silent.seconds, now - member.heard_at);
    member.on_probation = true;
    member.last_sequence = 0;
    member.columns.clear();
  }
  FinishIfComplete();
  return silent;
}

Slab* SessionAssembler::TakeFull() {
  std::vector<std::pair<MemberId, Member*>> members;
  uint64_t version = 0;
  {
    MutexLock lock(mu_);
    phase_ = Phase::kTraining;
    version = version_;
    for (auto& [id, member] : members_) {
      if (member.met_quota) members.emplace_back(id, &member);
    }
  }
  Deal(members, version);
  return slab_.get();
}

void SessionAssembler::Deal(const std::vector<std::pair<MemberId, Member*>>& members,
                            uint64_t version) {
  int64_t columns = 0;
  int64_t rows = 1;
  for (const auto& [id, member] : members) {
    columns += static_cast<int64_t>(member->columns.size());
    for (const SessionColumn& column : member->columns) rows = std::max(rows, column.rows());
  }
  const int64_t T = (rows + kRowStep - 1) / kRowStep * kRowStep;
  const int64_t tiles = ChooseTiles(columns, T, options_.shards, options_.tile_rows);
  if (slab_ == nullptr) slab_ = std::make_unique<Slab>(spec_, 0, 1);
  slab_->Clear();
  slab_->Reshape(T, columns, tiles);
  slab_->MaskColumns(0, columns);
  int64_t to = 0;
  for (const auto& [id, member] : members) {
    slab_->parts.push_back({id.first, id.second, version,
                            static_cast<int64_t>(member->columns.size()), "",
                            member->first_environment});
    for (SessionColumn& column : member->columns) {
      slab_->CopyColumns(column.View(), 0, 1, to++);
      slab_->episodes.insert(slab_->episodes.end(), column.episodes().begin(),
                             column.episodes().end());
    }
  }
}

void SessionAssembler::Recycle(Slab*, uint64_t next_version) {
  MutexLock lock(mu_);
  version_ = next_version;
  first_quota_at_ = 0;
  departures_ = 0;
  patience_.NextBatch();
  phase_ = Phase::kCollecting;
  for (auto member = members_.begin(); member != members_.end();) {
    const auto next = std::next(member);
    if (member->second.present) {
      BeginBatch(&member->second);
    } else {
      members_.erase(member);
    }
    member = next;
  }
}

}  // namespace nyala
