// SessionAssembler: batches of whole sessions, all played under the newest version: lag 0.
//
// Every column of every member plays the same number of sessions for a batch, each from its first
// frame to its last under the batch's version; rows that a column has beyond them are dropped.
// Quotas rather than a race: a batch of whichever sessions ended first would prefer short ones.
// A member whose columns have theirs is told so (kEnough) and refused for the rest of the batch.
//
// The batch is complete when every member has met its quota. A newcomer takes part at once, on
// probation once it has sent something; of one that leaves only a met quota counts. Hence whoever
// was told to wait for the next version has its sessions in the batch, and the batch is completed
// by the others, be it by their leaving. Unrolls that are not consecutive (a rejoin, a lost unroll)
// make their member start the batch over.
//
// The first batch is not complete before as many members take part as were announced, or patience
// is over. A member from which nothing came for longer than patience allows, while another has met
// its quota, is left out and on probation, and what it had sent is forgotten; so is one that starts
// over again and again, or is not done ten times as long after the first one was, or is silent for
// the longest that patience allows while nobody has met its quota.
//
// A slab is as long as its longest column, rounded up to kRowStep; the rest of the others is
// masked. Its columns are dealt by (actor, thread), its initial states are zero. Since nobody knows
// beforehand how long the sessions will be, rows are copied twice: when they arrive, and by
// NextFull, on the trainer's thread, into the slab. Memory follows the longest batch so far and is
// bounded by columns * sessions * (max_frames + 1) rows, twice.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "learner/batches/patient_assembler.h"
#include "learner/batches/session_column.h"

namespace nyala {

class SessionAssembler : public PatientAssembler {
 public:
  // Similar lengths share their memory layout.
  static constexpr int64_t kRowStep = 32;

  struct Options {
    int64_t shards = 1;
    int64_t tile_rows = 1024;
    // The version that the first batch is acted under.
    uint64_t version = 1;
    // What is wanted of each column.
    SessionColumn::Wanted wanted;
    // Members that the first batch waits for.
    int64_t announced = 0;
    // Patience, in seconds; 0: without end.
    double straggler_seconds = 0;
    // Columns that may hold rows, of members and of those whose sessions are in the batch though
    // they left; 0: any number. Of those who left the sessions are forgotten before there are more.
    int64_t most_columns = 0;
  };
  SessionAssembler(const UnrollSpec& spec, const Options& options)
      : PatientAssembler(options.announced, options.straggler_seconds),
        spec_(spec),
        options_(options),
        version_(options.version) {}

  void AddMember(const NewMember& member) override;
  void RemoveMember(uint32_t actor, uint32_t thread) override;
  // InvalidArgument: sessions that cannot be (see SessionColumn::Append), another width than the
  // member's, or a policy version older than one that was refused for its age.
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll, uint64_t newest_version) override;
  // The member starts the batch over.
  void Refuse(const UnrollView& unroll) override;
  void Recycle(Slab* slab, uint64_t next_version) override;

 private:
  struct Member {
    int64_t width = 0;
    bool present = false;
    // Nobody waits for it yet.
    bool on_probation = false;
    // MonotonicSeconds of its last progress in the batch at hand, or the batch's start; and how
    // often it has started over, which is no progress.
    double heard_at = 0;
    int starts = 0;
    // The newest version that was refused for its age; nothing older, or of it, is honest.
    uint64_t stale_version = 0;
    // MonotonicSeconds since when it has been at its unroll; 0: it waits for the next version.
    double working_since = 0;
    // In the batch at hand.
    bool met_quota = false;
    // When the holder of these sessions left, among all who did; 0: it has not.
    uint64_t departure = 0;
    uint64_t last_sequence = 0;  // 0: none yet
    uint64_t first_environment = 0;
    uint64_t holder = 0;
    std::vector<SessionColumn> columns;
  };
  enum class Phase { kCollecting, kFull, kTraining };

  size_t MemberCount() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return members_.size(); }
  bool IsFull() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return phase_ == Phase::kFull; }
  double Deadline() const override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Silence LeaveOutSilent() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnBegun() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { FinishIfComplete(); }
  Slab* TakeFull() override;

  void BeginBatch(Member* member) const;
  void StartOver(Member* member) const;
  void FinishIfComplete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The first who left first.
  void ForgetDeparted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static bool HoldsRows(const Member& member);
  // Whether the batch at hand waits for it.
  static bool IsAwaited(const Member& member) {
    return member.present && !member.met_quota && !member.on_probation;
  }
  // MonotonicSeconds at which it is left out, if nothing more comes from it.
  double DeadlineOf(const Member& member) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The sender, or nullptr: its unroll comes for another batch. Only a good one ends its probation.
  absl::StatusOr<Member*> SenderOf(const UnrollView& unroll, bool good)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Append(const UnrollView& unroll, Member* member) const;
  bool MetQuota(const Member& member) const;
  void Deal(const std::vector<std::pair<MemberId, Member*>>& members, uint64_t version);

  const UnrollSpec spec_;
  const Options options_;
  // The trainer's.
  std::unique_ptr<Slab> slab_;

  uint64_t version_ ABSL_GUARDED_BY(mu_);  // of the batch at hand
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kCollecting;
  // While in training, `columns` of those who met their quota are the trainer's.
  std::map<MemberId, Member> members_ ABSL_GUARDED_BY(mu_);
  double first_quota_at_ ABSL_GUARDED_BY(mu_) = 0;  // of the batch at hand; 0: none yet
  uint64_t departures_ ABSL_GUARDED_BY(mu_) = 0;    // in the batch at hand
};

}  // namespace nyala
