#include "learner/session_assembler.h"

#include <algorithm>

#include "common/base/status_macros.h"

namespace nyala {

void SessionAssembler::Begin(Member* member) {
  member->columns.resize(member->width);
  for (SessionColumn& column : member->columns) column.Reset();
  member->met_quota = false;
  member->last_sequence = 0;
}

void SessionAssembler::AddMember(uint32_t actor, uint32_t thread, int64_t columns) {
  MutexLock lock(mu_);
  Member& member = members_[{actor, thread}];
  const bool same = member.present && member.width == columns;
  member.present = true;
  member.width = columns;
  // A new stream of the same thread goes on, if its unrolls do. What is in the batch stays there.
  if (phase_ == Phase::kCollecting && !member.met_quota && !same) Begin(&member);
}

void SessionAssembler::RemoveMember(uint32_t actor, uint32_t thread) {
  MutexLock lock(mu_);
  const auto member = members_.find({actor, thread});
  if (member == members_.end()) return;
  member->second.present = false;
  if (phase_ != Phase::kCollecting || member->second.met_quota) return;
  members_.erase(member);
  FinishIfComplete();
}

void SessionAssembler::FinishIfComplete() {
  bool any = false;
  for (const auto& [id, member] : members_) {
    if (member.present && !member.met_quota) return;
    any = any || member.met_quota;
  }
  if (!any) return;
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

absl::StatusOr<UnrollVerdict> SessionAssembler::Admit(const UnrollView& unroll, uint64_t) {
  MutexLock lock(mu_);
  if (closed_) return why_closed_;
  const auto found = members_.find({unroll.id.actor, unroll.id.thread});
  if (phase_ != Phase::kCollecting || found == members_.end()) return UnrollVerdict::kStale;
  Member& member = found->second;
  if (!member.present || member.met_quota || unroll.E != member.width ||
      unroll.policy_version != version_ || unroll.id.sequence <= member.last_sequence) {
    return UnrollVerdict::kStale;
  }
  if (member.last_sequence != 0 && unroll.id.sequence != member.last_sequence + 1) Begin(&member);
  member.last_sequence = unroll.id.sequence;
  const absl::Status appended = Append(unroll, &member);
  if (!appended.ok()) {
    Begin(&member);
    return appended;
  }
  member.met_quota = MetQuota(member);
  if (!member.met_quota) return UnrollVerdict::kAccepted;
  FinishIfComplete();
  return UnrollVerdict::kEnough;
}

Slab* SessionAssembler::NextFull() {
  std::vector<std::pair<MemberId, Member*>> members;
  uint64_t version = 0;
  {
    MutexLock lock(mu_);
    changed_.Wait(
        mu_, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return closed_ || phase_ == Phase::kFull; });
    if (closed_) return nullptr;
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
    slab_->parts.push_back(
        {id.first, id.second, version, static_cast<int64_t>(member->columns.size()), ""});
    for (SessionColumn& column : member->columns) {
      slab_->CopyColumns(column.View(spec_), 0, 1, to++);
      slab_->episodes.insert(slab_->episodes.end(), column.episodes().begin(),
                             column.episodes().end());
    }
  }
}

void SessionAssembler::Recycle(Slab*, uint64_t next_version) {
  MutexLock lock(mu_);
  version_ = next_version;
  phase_ = Phase::kCollecting;
  for (auto member = members_.begin(); member != members_.end();) {
    const auto next = std::next(member);
    if (member->second.present) {
      Begin(&member->second);
    } else {
      members_.erase(member);
    }
    member = next;
  }
}

void SessionAssembler::Close(const absl::Status& why) {
  MutexLock lock(mu_);
  if (closed_) return;
  why_closed_ = why;
  closed_ = true;
  changed_.NotifyAll();
}

}  // namespace nyala
