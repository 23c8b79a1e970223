// Replay: which columns of a batch are new and which are drawn from the newest ones trained on.
//
// Of B columns the first `new_columns` are new and the others are drawn from the ring, uniformly
// and with replacement; the draws are a function of the seed and the batch's number. While nothing
// has been trained on yet a slab is opened for B new columns, so that every batch has B columns.
// New columns enter the ring after the draws for their batch.
// Threads: Open from any; all else from the trainer's, or before it starts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "learner/batches/replay_ring.h"
#include "learner/batches/slab.h"

namespace nyala {

class Replay {
 public:
  struct Options {
    // New columns of a batch that has replayed ones: at least 1.
    int64_t new_columns = 1;
    // Columns that are kept.
    int64_t capacity = 1000;
    uint64_t seed = 0;
    // Number of the first batch: updates so far.
    uint64_t first_batch = 0;
  };
  // ResourceExhausted when there is no memory for so many.
  static absl::StatusOr<std::unique_ptr<Replay>> Create(const UnrollSpec& spec,
                                                        const Options& options);

  // Before an empty slab is filled: says how many of its columns will be replayed.
  void Open(Slab* slab) const;
  // Once its new columns are in: draws the replayed ones, then keeps the new ones.
  void Complete(Slab* slab);

  int64_t bytes() const { return ring_->bytes(); }
  int64_t columns() const { return ring_->size(); }
  // For checkpoints, as ReplayRing says: what is kept now, to be written on any thread.
  ByteSource Snapshot() const { return ring_->Snapshot(); }
  absl::Status Restore(absl::string_view encoded);

 private:
  Replay(const Options& options, std::unique_ptr<ReplayRing> ring)
      : options_(options), ring_(std::move(ring)), batch_(options.first_batch) {}

  const Options options_;
  const std::unique_ptr<ReplayRing> ring_;
  uint64_t batch_;
  std::atomic<bool> filled_{false};  // whether anything is in the ring
};

}  // namespace nyala
