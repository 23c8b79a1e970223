// GradientAssembler: gradients that actors computed, one to a slab, in the order of arrival.
//
// Slabs carry no columns here; as many gradients wait as there are slabs, the rest of the actors
// wait in Admit.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "learner/batches/batch_assembler.h"
#include "learner/batches/blocked_time.h"

namespace nyala {

class GradientAssembler : public BatchAssembler {
 public:
  struct Options {
    int64_t slabs = 2;
    // Refuse gradients at parameters more versions old than this; 0: take all.
    uint64_t max_policy_lag = 0;
  };
  GradientAssembler(const UnrollSpec& spec, const Options& options);

  void AddMember(const NewMember&) override {}
  void RemoveMember(uint32_t, uint32_t) override {}
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  Slab* NextFull() override;
  void Recycle(Slab* slab, uint64_t next_version) override;
  void Close(const absl::Status& why) override;
  double blocked_seconds() const override;

 private:
  const Options options_;
  const std::vector<std::unique_ptr<Slab>> slabs_;

  mutable Mutex mu_;
  CondVar changed_;
  std::deque<Slab*> empty_ ABSL_GUARDED_BY(mu_);
  std::deque<Slab*> full_ ABSL_GUARDED_BY(mu_);
  // What the next step is taken from; staleness is measured against it.
  uint64_t next_version_ ABSL_GUARDED_BY(mu_) = 0;
  bool in_training_ ABSL_GUARDED_BY(mu_) = false;
  BlockedTime blocked_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_closed_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
