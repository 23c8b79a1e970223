// BatchAssembler: turns admitted unrolls into full slabs for the trainer.
//
// Three policies: AsyncAssembler fills slabs with whatever arrives (impala, appo); SyncAssembler
// waits for exactly one unroll of every member, all of one policy version (a2c, ppo);
// SessionAssembler for the same number of whole sessions of every column, all of one policy version
// (reinforce, cem). Memory is bounded; where slabs are made at the start and all are full or in
// training, Admit waits: that is where back-pressure begins. Where all members are waited for, one
// that stays silent for too long (learner/batches/patience.h) is left out, until it sends
// something. Threads: Admit, Refuse and members from any; NextFull and Recycle from the trainer's.
// Close unblocks everyone for good.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/unroll.h"
#include "common/wire/learner_endpoint.h"
#include "learner/batches/slab.h"

namespace nyala {

// An actor's label and its rollout thread.
using MemberId = std::pair<uint32_t, uint32_t>;

// A rollout thread that will submit unrolls of `columns` columns.
struct NewMember {
  uint32_t actor = 0;
  uint32_t thread = 0;
  int64_t columns = 0;
  // Nobody waits for it until it has sent something.
  bool on_probation = false;
  // As UnrollView.holder: an unroll that waited while its sender left is not its successor's.
  uint64_t holder = 0;
};

struct SilentMember {
  uint32_t actor = 0;
  uint32_t thread = 0;
  uint64_t holder = 0;  // as NewMember.holder
  // MonotonicSeconds at which it was left out: it may have delivered since.
  double left_out_at = 0;
};

// Hears of those who have held up a batch for so long, and are on probation from now on. It is
// called on the trainer's thread, without locks.
using SilenceHandler =
    std::function<void(const std::vector<SilentMember>& silent, double seconds_waited)>;

class BatchAssembler {
 public:
  virtual ~BatchAssembler() = default;

  // Before the first batch.
  virtual void OnSilence(SilenceHandler /*handler*/) {}  // NOLINT: those who use it keep it

  // A member that is added again starts over.
  virtual void AddMember(const NewMember& member) = 0;
  virtual void RemoveMember(uint32_t actor, uint32_t thread) = 0;

  // Copies a valid unroll into the open slab; waits while there is none. `newest_version` is the
  // learner's. After Close: its reason. InvalidArgument: an unroll that no honest member sends; its
  // stream ends.
  virtual absl::StatusOr<UnrollVerdict> Admit(const UnrollView& unroll,
                                              uint64_t newest_version) = 0;
  // In place of Admit, for an unroll that must not be trained on: the member has delivered, and its
  // columns count for nothing.
  virtual void Refuse(const UnrollView&) {}

  // Waits for a full slab; nullptr after Close. The slab is the trainer's until Recycle.
  virtual Slab* NextFull() = 0;
  // Call it before `next_version` is published: unrolls acted under that are admitted from here on.
  virtual void Recycle(Slab* slab, uint64_t next_version) = 0;

  // Submitters get `why` from here on; the first one stays.
  virtual void Close(const absl::Status& why) = 0;

  // Members that the first batch still waits for.
  virtual int64_t awaited() const { return 0; }
  // Seconds that Admit has waited for a slab so far, over all callers: the learner is behind.
  virtual double blocked_seconds() const = 0;
};

// How many tiles a slab of `columns` columns is cut into: a multiple of `shards`, each of about
// `tile_rows` rows.
int64_t ChooseTiles(int64_t columns, int64_t T, int64_t shards, int64_t tile_rows);

}  // namespace nyala
