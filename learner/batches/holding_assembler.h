// HoldingAssembler: another assembler with an end in two steps, so that nobody is told why before
// it is certain.
//
// Hold ends the trainer's wait; who submits from then on, or waits inside, is held. Close lets them
// go with the reason, after the last checkpoint: that one may fail, and then the run is not over.
// Threads: as BatchAssembler says; Hold and Close from any.
#pragma once

#include <memory>

#include "common/base/mutex.h"
#include "learner/batches/batch_assembler.h"

namespace nyala {

class HoldingAssembler : public BatchAssembler {
 public:
  explicit HoldingAssembler(std::shared_ptr<BatchAssembler> inner) : inner_(std::move(inner)) {}

  // NextFull returns nullptr from here on. Does not block.
  void Hold();

  void OnSilence(SilenceHandler handler) override { inner_->OnSilence(std::move(handler)); }
  void AddMember(const NewMember& member) override { inner_->AddMember(member); }
  void RemoveMember(uint32_t actor, uint32_t thread) override {
    inner_->RemoveMember(actor, thread);
  }
  // Waits also between Hold and Close.
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  void Refuse(const UnrollView& unroll) override { inner_->Refuse(unroll); }
  Slab* NextFull() override { return inner_->NextFull(); }
  void Recycle(Slab* slab, uint64_t next_version) override { inner_->Recycle(slab, next_version); }
  void Close(const absl::Status& why) override;
  int64_t awaited() const override { return inner_->awaited(); }
  double blocked_seconds() const override { return inner_->blocked_seconds(); }

 private:
  const std::shared_ptr<BatchAssembler> inner_;
  Mutex mu_;
  CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_closed_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
