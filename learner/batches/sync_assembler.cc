#include "learner/batches/sync_assembler.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

MemberId SenderOf(const UnrollView& unroll) { return {unroll.id.actor, unroll.id.thread}; }

}  // namespace

SyncAssembler::SyncAssembler(const UnrollSpec& spec, const Options& options)
    : PatientAssembler(options.announced, options.straggler_seconds),
      spec_(spec),
      options_(options),
      version_(options.version) {}

bool SyncAssembler::untouched() const {
  if (in_training_ || full_) return false;
  return std::none_of(places_.begin(), places_.end(),
                      [](const auto& place) { return place.second.filled; });
}

void SyncAssembler::AddMember(const NewMember& member) {
  MutexLock lock(mu_);
  const MemberId id(member.actor, member.thread);
  Member& known = members_[id];
  // Coming again gives nobody more time.
  if (known.working_since == 0 || known.holder != member.holder) {
    known.working_since = MonotonicSeconds();
  }
  // What it submitted before stays submitted: known.version.
  known.columns = member.columns;
  known.on_probation = member.on_probation;
  known.holder = member.holder;
  if (begun_ && untouched()) StartBatch();
  NoteMember();
}

void SyncAssembler::RemoveMember(uint32_t actor, uint32_t thread) {
  MutexLock lock(mu_);
  members_.erase({actor, thread});
  if (members_.empty()) first_member_at_ = 0;
  if (in_training_ || full_) return;
  const auto place = places_.find({actor, thread});
  if (place == places_.end() || place->second.filled) return;
  slab_->MaskColumns(place->second.first_column, place->second.columns);
  places_.erase(place);
  FinishIfComplete();
}

// Deals the members onto columns; new memory only when their number changed.
void SyncAssembler::StartBatch() {
  places_.clear();
  first_unroll_at_ = 0;
  int64_t columns = 0;
  for (const auto& [id, member] : members_) {
    if (member.on_probation) continue;
    Place& place = places_[id];
    place.first_column = columns;
    place.columns = member.columns;
    columns += member.columns;
  }
  if (columns == 0) return;
  if (slab_ == nullptr || slab_->columns() != columns) {
    slab_ = std::make_unique<Slab>(
        spec_, columns, ChooseTiles(columns, spec_.T, options_.shards, options_.tile_rows));
  }
  slab_->Clear();
}

void SyncAssembler::FinishIfComplete() {
  if (places_.empty()) {
    StartBatch();
    return;
  }
  for (const auto& place : places_) {
    if (!place.second.filled) return;
  }
  for (auto& entry : places_) {
    Place& place = entry.second;
    for (SlabPart& part : place.part) slab_->parts.push_back(std::move(part));
    slab_->episodes.insert(slab_->episodes.end(), place.episodes.begin(), place.episodes.end());
  }
  full_ = true;
  changed_.NotifyAll();
}

absl::StatusOr<SyncAssembler::Place*> SyncAssembler::PlaceFor(const UnrollView& unroll, bool good) {
  const double now = MonotonicSeconds();
  changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return begun_ || closed_; });
  if (closed_) return why_closed_;
  const auto member = members_.find(SenderOf(unroll));
  if (member == members_.end() || member->second.holder != unroll.holder) return nullptr;
  NYALA_RETURN_IF_ERROR(CheckWidth(unroll, member->second.columns));
  // Whoever was told "stale" takes a newer version next.
  if (unroll.policy_version <= member->second.version) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "unroll field 'policy_version': is %d, which this thread has submitted under before",
        unroll.policy_version));
  }
  if (unroll.policy_version <= version_) member->second.version = unroll.policy_version;
  if (good && member->second.working_since > 0) {
    patience_.Note(now - member->second.working_since);
  }
  // Whoever comes late for this version waits for the next one.
  member->second.working_since = unroll.policy_version < version_ ? MonotonicSeconds() : 0;
  if (member->second.on_probation) {
    if (!good) return nullptr;
    member->second.on_probation = false;
    if (untouched()) StartBatch();
    // There may be a deadline now.
    changed_.NotifyAll();
  }
  // A newcomer's first unroll may come for a batch that it has no place in, or too late.
  const auto place = places_.find(member->first);
  if (in_training_ || full_ || place == places_.end() || place->second.filled ||
      unroll.policy_version != version_) {
    return nullptr;
  }
  return &place->second;
}

void SyncAssembler::Deliver(Place* place, bool good) {
  if (good && first_unroll_at_ == 0) {
    first_unroll_at_ = MonotonicSeconds();
    // Patience may now end.
    changed_.NotifyAll();
  }
  place->filled = true;
  FinishIfComplete();
}

absl::StatusOr<UnrollVerdict> SyncAssembler::Admit(const UnrollView& unroll, uint64_t) {
  MutexLock lock(mu_);
  NYALA_ASSIGN_OR_RETURN(Place* const place, PlaceFor(unroll, true));
  if (place == nullptr) return UnrollVerdict::kStale;
  slab_->CopyColumns(unroll, 0, unroll.E, place->first_column);
  place->part = {{unroll.id.actor, unroll.id.thread, unroll.policy_version, unroll.E,
                  std::string(unroll.resume_state), unroll.first_environment}};
  place->episodes.assign(unroll.episodes.begin(), unroll.episodes.end());
  Deliver(place, true);
  return UnrollVerdict::kAccepted;
}

void SyncAssembler::Refuse(const UnrollView& unroll) {
  MutexLock lock(mu_);
  const absl::StatusOr<Place*> place = PlaceFor(unroll, false);
  if (!place.ok() || *place == nullptr) return;
  slab_->MaskColumns((*place)->first_column, (*place)->columns);
  Deliver(*place, false);
}

double SyncAssembler::Deadline() const {
  if (!begun_) return first_member_at_ == 0 ? kNever : first_member_at_ + patience_.limit();
  if (full_) return kNever;
  double deadline = kNever;
  for (const auto& [id, place] : places_) {
    if (!place.filled) deadline = std::min(deadline, DeadlineOf(members_.at(id)));
  }
  return deadline;
}

double SyncAssembler::DeadlineOf(const Member& member) const {
  if (first_unroll_at_ > 0) return first_unroll_at_ + patience_.limit();
  return std::max(member.working_since, batch_started_at_) + patience_.longest();
}

PatientAssembler::Silence SyncAssembler::LeaveOutSilent() {
  Silence silent;
  const double now = MonotonicSeconds();
  for (auto place = places_.begin(); place != places_.end();) {
    const auto next = std::next(place);
    // Of those who left only filled places are here.
    Member* const member = place->second.filled ? nullptr : &members_.at(place->first);
    if (member != nullptr && now >= DeadlineOf(*member)) {
      member->on_probation = true;
      silent.seconds =
          std::max(silent.seconds,
                   now - (member->working_since > 0 ? member->working_since : batch_started_at_));
      silent.members.push_back({place->first.first, place->first.second, member->holder, now});
      slab_->MaskColumns(place->second.first_column, place->second.columns);
      places_.erase(place);
    }
    place = next;
  }
  FinishIfComplete();
  return silent;
}

Slab* SyncAssembler::TakeFull() {
  MutexLock lock(mu_);
  full_ = false;
  in_training_ = true;
  return slab_.get();
}

void SyncAssembler::Recycle(Slab*, uint64_t next_version) {
  MutexLock lock(mu_);
  version_ = next_version;
  in_training_ = false;
  patience_.NextBatch();
  batch_started_at_ = MonotonicSeconds();
  for (auto& [id, member] : members_) {
    if (member.working_since == 0) member.working_since = batch_started_at_;
  }
  places_.clear();
  StartBatch();
}

}  // namespace nyala
