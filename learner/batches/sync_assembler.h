// SyncAssembler: one unroll of every member per batch, all of the newest version: lag 0.
//
// Columns, and the episodes that came along, are dealt by (actor, thread), not by arrival, so a
// batch does not depend on who was faster. A member that joins takes part from the next batch on,
// on probation only once it has sent something; of one that leaves before it has submitted the
// columns are masked. With no member there is no batch: the trainer waits. The first batch begins
// when as many members are there as were announced, or patience is over: which actor starts faster
// must not decide what is learnt. Members that stay silent longer than patience allows, counted
// from the first unroll of the batch, are left out and on probation; so is each that has been at
// its unroll for the longest that patience allows where there is no first one.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "learner/batches/patient_assembler.h"

namespace nyala {

class SyncAssembler : public PatientAssembler {
 public:
  struct Options {
    int64_t shards = 1;
    int64_t tile_rows = 1024;
    // The version that the first batch is acted under.
    uint64_t version = 1;
    // Members that the first batch waits for.
    int64_t announced = 0;
    // Patience, in seconds; 0: without end.
    double straggler_seconds = 0;
  };
  SyncAssembler(const UnrollSpec& spec, const Options& options);

  void AddMember(const NewMember& member) override;
  void RemoveMember(uint32_t actor, uint32_t thread) override;
  // Waits until the first batch has begun. InvalidArgument: another width than the member's, or a
  // policy version that was taken or refused before.
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  void Refuse(const UnrollView& unroll) override;
  void Recycle(Slab* slab, uint64_t next_version) override;

 private:
  struct Member {
    int64_t columns = 0;
    // Nobody waits for it yet.
    bool on_probation = false;
    // The newest version that it has submitted under.
    uint64_t version = 0;
    uint64_t holder = 0;
    // MonotonicSeconds since when it has been at its unroll; 0: it waits for the next version.
    double working_since = 0;
  };
  struct Place {
    int64_t first_column = 0;
    int64_t columns = 0;
    bool filled = false;
    // What came along with the unroll; none if it was refused.
    std::vector<SlabPart> part;
    std::vector<EpisodeResult> episodes;
  };

  size_t MemberCount() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return members_.size(); }
  bool IsFull() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return full_; }
  double Deadline() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Silence LeaveOutSilent() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnBegun() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    batch_started_at_ = MonotonicSeconds();
    StartBatch();
  }
  Slab* TakeFull() override;

  void StartBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishIfComplete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Deliver(Place* place, bool good) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // MonotonicSeconds at which the member is left out, if nothing comes from it.
  double DeadlineOf(const Member& member) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool untouched() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The open place of the unroll's sender, or nullptr: it comes for another batch. Only a good one
  // ends its probation.
  absl::StatusOr<Place*> PlaceFor(const UnrollView& unroll, bool good)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const UnrollSpec spec_;
  const Options options_;

  uint64_t version_ ABSL_GUARDED_BY(mu_);  // of the batch being filled
  std::map<MemberId, Member> members_ ABSL_GUARDED_BY(mu_);
  std::map<MemberId, Place> places_ ABSL_GUARDED_BY(mu_);  // of the batch being filled
  std::unique_ptr<Slab> slab_ ABSL_GUARDED_BY(mu_);
  bool in_training_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  double batch_started_at_ ABSL_GUARDED_BY(mu_) = 0;  // MonotonicSeconds
  // MonotonicSeconds of the first good unroll of the batch; 0: none yet.
  double first_unroll_at_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace nyala
