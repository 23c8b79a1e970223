#include "learner/sync_assembler.h"

#include <utility>

namespace nyala {

void SyncAssembler::AddMember(uint32_t actor, uint32_t thread, int64_t columns) {
  MutexLock lock(mu_);
  members_[{actor, thread}] = columns;
  bool untouched = !in_training_ && !full_;
  for (const auto& place : places_) untouched = untouched && !place.second.filled;
  if (untouched) StartBatch();
}

void SyncAssembler::RemoveMember(uint32_t actor, uint32_t thread) {
  MutexLock lock(mu_);
  members_.erase({actor, thread});
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
  int64_t columns = 0;
  for (const auto& [id, width] : members_) {
    Place& place = places_[id];
    place.first_column = columns;
    place.columns = width;
    columns += width;
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
    slab_->parts.push_back(std::move(place.part));
    slab_->episodes.insert(slab_->episodes.end(), place.episodes.begin(), place.episodes.end());
  }
  full_ = true;
  changed_.NotifyAll();
}

absl::StatusOr<UnrollVerdict> SyncAssembler::Admit(const UnrollView& unroll, uint64_t) {
  MutexLock lock(mu_);
  if (closed_) return why_closed_;
  // A newcomer's first unroll may come for a batch that it has no place in, or too late.
  const auto place = places_.find({unroll.id.actor, unroll.id.thread});
  if (in_training_ || full_ || place == places_.end() || place->second.filled ||
      place->second.columns != unroll.E || unroll.policy_version != version_) {
    return UnrollVerdict::kStale;
  }
  slab_->CopyColumns(unroll, 0, unroll.E, place->second.first_column);
  place->second.part = {unroll.id.actor, unroll.id.thread, unroll.policy_version, unroll.E,
                        std::string(unroll.resume_state)};
  place->second.episodes.assign(unroll.episodes.begin(), unroll.episodes.end());
  place->second.filled = true;
  FinishIfComplete();
  return UnrollVerdict::kAccepted;
}

Slab* SyncAssembler::NextFull() {
  MutexLock lock(mu_);
  changed_.Wait(mu_, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return closed_ || full_; });
  if (closed_) return nullptr;
  full_ = false;
  in_training_ = true;
  return slab_.get();
}

void SyncAssembler::Recycle(Slab*, uint64_t next_version) {
  MutexLock lock(mu_);
  version_ = next_version;
  in_training_ = false;
  StartBatch();
}

void SyncAssembler::Close(const absl::Status& why) {
  MutexLock lock(mu_);
  if (closed_) return;
  why_closed_ = why;
  closed_ = true;
  changed_.NotifyAll();
}

}  // namespace nyala
