// ReplayRing: the newest columns that were trained on, each T rows of one environment, byte for
// byte as they were, with initial recurrent state, bootstrap row and policy version.
//
// Memory is taken as the ring fills and then used again; each column is contiguous, so that it is
// one copy in and one out. Time order, recurrent state and episode ends lie within a column and are
// never touched. A snapshot shares the columns: whichever is replaced while a snapshot has it gets
// new memory, so a snapshot costs a pointer a column, and at most as much memory as the ring while
// it lives.
// Its file in a checkpoint, all numbers little-endian: the eight bytes "NYALARPL"; as uint64:
// format (1), T, bytes of an observation, bytes of an action, floats of recurrent state, columns;
// then the columns, oldest first: policy version (uint64), then its arrays in the order of
// ForEachArray (common/rl/rows.h).
// Threads: one at a time; what a snapshot gives may be read, and dropped, on any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rl/unroll.h"
#include "common/system/file.h"
#include "learner/batches/slab.h"

namespace nyala {

class ReplayRing {
 public:
  // `spec.E` is ignored. ResourceExhausted when there is no such memory.
  static absl::StatusOr<std::unique_ptr<ReplayRing>> Create(const UnrollSpec& spec,
                                                            int64_t capacity);

  int64_t size() const { return size_; }
  int64_t bytes() const { return capacity_ * column_bytes_; }

  // Takes the place of the oldest column when the ring is full.
  void Add(Slab& slab, int64_t column, uint64_t policy_version);
  // Column i, 0 the oldest, as an unroll of one environment. Valid until the next Add.
  UnrollView View(int64_t i) const;

  // The file of what is in it now, whatever is added later.
  ByteSource Snapshot() const;
  // Instead of what is in it; of more columns than fit the newest. FailedPrecondition: columns of
  // another shape; DataLoss: no such file. Both say what is wrong, and the ring is as before.
  absl::Status Restore(absl::string_view encoded);

 private:
  ReplayRing(const UnrollSpec& spec, int64_t capacity);

  struct Column {
    uint64_t version = 0;
    std::unique_ptr<uint8_t[]> bytes;
    // Snapshots that read it. Not the shared_ptr's count, which orders nothing.
    std::atomic<int> readers{0};
  };
  class Reading;

  const Column& Place(int64_t i) const { return *places_[(first_ + i) % capacity_]; }
  // The memory of a new newest column.
  uint8_t* Push(uint64_t policy_version);
  std::vector<uint64_t> Shape() const;

  const UnrollSpec spec_;  // of one environment
  const int64_t column_bytes_;
  const int64_t capacity_;
  std::vector<std::shared_ptr<Column>> places_;
  int64_t first_ = 0;  // place of the oldest
  int64_t size_ = 0;
};

}  // namespace nyala
