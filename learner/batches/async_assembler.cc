#include "learner/batches/async_assembler.h"

#include <algorithm>
#include <cmath>

namespace nyala {
namespace {

std::vector<std::unique_ptr<Slab>> MakeSlabs(const UnrollSpec& spec,
                                             const AsyncAssembler::Options& options) {
  std::vector<std::unique_ptr<Slab>> slabs;
  for (int64_t i = 0; i < options.slabs; ++i) {
    slabs.push_back(std::make_unique<Slab>(spec, options.columns, options.tiles));
  }
  return slabs;
}

}  // namespace

int64_t ChooseTiles(int64_t columns, int64_t T, int64_t shards, int64_t tile_rows) {
  const int64_t rows_per_shard = (columns * T + shards - 1) / shards;
  const int64_t tiles_per_shard =
      std::max<int64_t>(1, (rows_per_shard + tile_rows / 2) / tile_rows);
  return std::min(columns, shards * tiles_per_shard);
}

AsyncAssembler::AsyncAssembler(const UnrollSpec& spec, const Options& options)
    : options_(options), slabs_(MakeSlabs(spec, options)) {
  for (const auto& slab : slabs_) empty_.push_back(slab.get());
}

Slab* AsyncAssembler::WaitForOpen() {
  if (open_ == nullptr && empty_.empty() && !closed_) {
    blocked_.Begin();
    changed_.Wait(
        mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_ || !empty_.empty(); });
    blocked_.End();
  }
  if (closed_) return nullptr;
  if (open_ == nullptr) {
    open_ = empty_.front();
    empty_.pop_front();
    if (options_.replay != nullptr) options_.replay->Open(open_);
  }
  return open_;
}

absl::StatusOr<UnrollVerdict> AsyncAssembler::Admit(const UnrollView& unroll,
                                                    uint64_t newest_version) {
  if (options_.max_policy_lag > 0 &&
      newest_version > unroll.policy_version + options_.max_policy_lag) {
    return UnrollVerdict::kStale;
  }
  MutexLock admit_lock(admit_mu_);
  for (int64_t from = 0; from < unroll.E;) {
    Slab* slab = nullptr;
    {
      MutexLock lock(mu_);
      slab = WaitForOpen();
      if (slab == nullptr) return why_closed_;
    }
    const int64_t places = slab->columns() - slab->replayed_columns;
    const int64_t count = std::min(unroll.E - from, places - filled_);
    slab->CopyColumns(unroll, from, count, filled_);
    from += count;
    filled_ += count;
    // What came along goes with the last column: it is only true once all of them are in.
    const bool last = from == unroll.E;
    slab->parts.push_back({unroll.id.actor, unroll.id.thread, unroll.policy_version, count,
                           last ? std::string(unroll.resume_state) : std::string(),
                           unroll.first_environment});
    if (last) {
      slab->episodes.insert(slab->episodes.end(), unroll.episodes.begin(), unroll.episodes.end());
    }
    if (filled_ == places) {
      filled_ = 0;
      MutexLock lock(mu_);
      full_.push_back(slab);
      open_ = nullptr;
      changed_.NotifyAll();
    }
  }
  return UnrollVerdict::kAccepted;
}

Slab* AsyncAssembler::NextFull() {
  Slab* slab = nullptr;
  {
    MutexLock lock(mu_);
    changed_.Wait(
        mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_ || !full_.empty(); });
    if (closed_) return nullptr;
    slab = full_.front();
    full_.pop_front();
  }
  if (options_.replay != nullptr) options_.replay->Complete(slab);
  return slab;
}

void AsyncAssembler::Recycle(Slab* slab, uint64_t) {
  slab->Clear();
  MutexLock lock(mu_);
  empty_.push_back(slab);
  changed_.NotifyAll();
}

void AsyncAssembler::Close(const absl::Status& why) {
  MutexLock lock(mu_);
  if (closed_) return;
  why_closed_ = why;
  closed_ = true;
  changed_.NotifyAll();
}

double AsyncAssembler::blocked_seconds() const {
  MutexLock lock(mu_);
  return blocked_.seconds();
}

}  // namespace nyala
