// PatientAssembler: what SyncAssembler and SessionAssembler share: a batch that waits for every
// member, but not for ever.
//
// The first batch begins when as many members are there as were announced, or when patience is over
// (learner/batches/patience.h). Whenever it is over later, those who hold the batch up are left out
// of it, and of the next ones until they send something. What a batch is, when it is full and who
// holds it up is the derived class's. Threads: as BatchAssembler says.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/mutex.h"
#include "learner/batches/batch_assembler.h"
#include "learner/batches/patience.h"

namespace nyala {

class PatientAssembler : public BatchAssembler {
 public:
  void OnSilence(SilenceHandler handler) final { on_silence_ = std::move(handler); }
  Slab* NextFull() final;
  void Close(const absl::Status& why) final;
  int64_t awaited() const final;
  // Always 0: nobody waits for a slab, everybody for a version.
  double blocked_seconds() const final { return 0; }

 protected:
  // `announced`: members that the first batch waits for. `straggler_seconds`: patience; 0: without
  // end.
  PatientAssembler(int64_t announced, double straggler_seconds)
      : patience_(straggler_seconds), announced_(announced) {}

  struct Silence {
    std::vector<SilentMember> members;
    double seconds = 0;
  };

  virtual size_t MemberCount() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  virtual bool IsFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  // MonotonicSeconds at which patience is over; infinity while there is nothing to be impatient
  // for. `changed_` is told when it may have come nearer.
  virtual double Deadline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  // After the deadline: leaves those out who hold the batch up, and says who, and for how long.
  virtual Silence LeaveOutSilent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  // The first batch may begin, `begun_` is set.
  virtual void OnBegun() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  // Hands the full batch over; on the trainer's thread, without locks.
  virtual Slab* TakeFull() = 0;

  // For AddMember, once the member is there.
  void NoteMember() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // InvalidArgument unless the unroll has the columns that its sender joined with.
  static absl::Status CheckWidth(const UnrollView& unroll, int64_t columns);

  mutable Mutex mu_;
  CondVar changed_;
  Patience patience_ ABSL_GUARDED_BY(mu_);
  bool begun_ ABSL_GUARDED_BY(mu_) = false;
  double first_member_at_ ABSL_GUARDED_BY(mu_) = 0;  // MonotonicSeconds; 0: none yet
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_closed_ ABSL_GUARDED_BY(mu_);

 private:
  enum class Awaited { kFull, kTooLong, kClosed };
  Awaited Await();
  void Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // When patience is over.
  void GoOn();

  const int64_t announced_;
  SilenceHandler on_silence_;
};

}  // namespace nyala
