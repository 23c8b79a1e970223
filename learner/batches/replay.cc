#include "learner/batches/replay.h"

#include <algorithm>

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Replay>> Replay::Create(const UnrollSpec& spec,
                                                       const Options& options) {
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<ReplayRing> ring,
                         ReplayRing::Create(spec, options.capacity));
  return std::unique_ptr<Replay>(new Replay(options, std::move(ring)));
}

void Replay::Open(Slab* slab) const {
  slab->replayed_columns = filled_ ? slab->columns() - options_.new_columns : 0;
}

void Replay::Complete(Slab* slab) {
  const int64_t first_replayed = slab->columns() - slab->replayed_columns;
  for (int64_t i = 0; i < slab->replayed_columns; ++i) {
    const uint64_t bits = RandomBits(options_.seed, batch_, i, RandomPurpose::kReplay);
    const UnrollView column = ring_->View(static_cast<int64_t>(bits % ring_->size()));
    slab->CopyColumns(column, 0, 1, first_replayed + i);
    slab->replayed_versions.push_back(column.policy_version);
    slab->replayed_frames += std::count_if(column.flags.begin(), column.flags.end(), RowIsFrame);
  }
  ++batch_;
  int64_t column = 0;
  for (const SlabPart& part : slab->parts) {
    for (int64_t i = 0; i < part.columns; ++i) ring_->Add(*slab, column++, part.policy_version);
  }
  filled_ = true;
}

absl::Status Replay::Restore(absl::string_view encoded) {
  NYALA_RETURN_IF_ERROR(ring_->Restore(encoded));
  filled_ = ring_->size() > 0;
  return absl::OkStatus();
}

}  // namespace nyala
