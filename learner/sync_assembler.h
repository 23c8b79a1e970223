// SyncAssembler: one unroll of every member per batch, all of the newest version: lag 0.
//
// Columns, and the episodes that came along, are dealt by (actor, thread), not by arrival, so a
// batch does not depend on who was faster. A member that joins takes part from the next batch on;
// one that leaves before it has submitted has its columns masked. With no member there is no batch:
// the trainer waits.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "learner/batch_assembler.h"

namespace nyala {

class SyncAssembler : public BatchAssembler {
 public:
  struct Options {
    int64_t shards = 1;
    int64_t tile_rows = 1024;
    // The version that the first batch is acted under.
    uint64_t version = 1;
  };
  SyncAssembler(const UnrollSpec& spec, const Options& options)
      : spec_(spec), options_(options), version_(options.version) {}

  void AddMember(uint32_t actor, uint32_t thread, int64_t columns) override;
  void RemoveMember(uint32_t actor, uint32_t thread) override;
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  Slab* NextFull() override;
  void Recycle(Slab* slab, uint64_t next_version) override;
  void Close(const absl::Status& why) override;
  // Always 0: nobody waits for a slab, everybody for a version.
  double blocked_seconds() const override { return 0; }

 private:
  using MemberId = std::pair<uint32_t, uint32_t>;
  struct Place {
    int64_t first_column = 0;
    int64_t columns = 0;
    bool filled = false;
    // What came along with the unroll.
    SlabPart part;
    std::vector<EpisodeResult> episodes;
  };

  void StartBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishIfComplete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const UnrollSpec spec_;
  const Options options_;

  mutable Mutex mu_;
  CondVar changed_;
  uint64_t version_ ABSL_GUARDED_BY(mu_);                     // of the batch being filled
  std::map<MemberId, int64_t> members_ ABSL_GUARDED_BY(mu_);  // columns of each
  std::map<MemberId, Place> places_ ABSL_GUARDED_BY(mu_);     // of the batch being filled
  std::unique_ptr<Slab> slab_ ABSL_GUARDED_BY(mu_);
  bool in_training_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_closed_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
