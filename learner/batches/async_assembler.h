// AsyncAssembler: slabs filled in the order of arrival, an unroll's columns split over two slabs
// where they do not fit, so that any unroll width fills any batch width. With a Replay, arrivals
// fill the columns that it leaves to them; it fills the others when the trainer takes the slab.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "learner/batches/batch_assembler.h"
#include "learner/batches/blocked_time.h"
#include "learner/batches/replay.h"

namespace nyala {

class AsyncAssembler : public BatchAssembler {
 public:
  struct Options {
    int64_t columns = 32;
    int64_t tiles = 1;
    int64_t slabs = 2;
    // Refuse unrolls that are more versions old than this on arrival; 0: take all.
    uint64_t max_policy_lag = 0;
    // Unset: all columns are new.
    std::shared_ptr<Replay> replay;
  };
  AsyncAssembler(const UnrollSpec& spec, const Options& options);

  void AddMember(const NewMember&) override {}
  void RemoveMember(uint32_t, uint32_t) override {}
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  Slab* NextFull() override;
  void Recycle(Slab* slab, uint64_t next_version) override;
  void Close(const absl::Status& why) override;
  double blocked_seconds() const override;

 private:
  // The open slab, once there is one; nullptr when closed.
  Slab* WaitForOpen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  const std::vector<std::unique_ptr<Slab>> slabs_;

  mutable Mutex mu_;
  CondVar changed_;
  // Serialises Admit, so that copies happen without mu_.
  Mutex admit_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  std::deque<Slab*> empty_ ABSL_GUARDED_BY(mu_);
  std::deque<Slab*> full_ ABSL_GUARDED_BY(mu_);
  Slab* open_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_closed_ ABSL_GUARDED_BY(mu_);
  BlockedTime blocked_ ABSL_GUARDED_BY(mu_);
  int64_t filled_ ABSL_GUARDED_BY(admit_mu_) = 0;  // new columns of the open slab
};

}  // namespace nyala
