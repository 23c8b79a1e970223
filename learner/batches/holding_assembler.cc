#include "learner/batches/holding_assembler.h"

namespace nyala {

void HoldingAssembler::Hold() {
  {
    MutexLock lock(mu_);
    held_ = true;
  }
  // No submitter gets this status: Admit holds it back until Close.
  inner_->Close(absl::UnavailableError("the learner trains no more"));
}

absl::StatusOr<UnrollVerdict> HoldingAssembler::Admit(const UnrollView& unroll,
                                                      uint64_t newest_version) {
  absl::StatusOr<UnrollVerdict> verdict = inner_->Admit(unroll, newest_version);
  if (verdict.ok()) return verdict;
  MutexLock lock(mu_);
  // The unroll itself was refused: nothing is ending.
  if (!held_ && !closed_) return verdict;
  changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_; });
  return why_closed_;
}

void HoldingAssembler::Close(const absl::Status& why) {
  {
    MutexLock lock(mu_);
    if (closed_) return;
    closed_ = true;
    why_closed_ = why;
    changed_.NotifyAll();
  }
  inner_->Close(why);
}

}  // namespace nyala
