// Roster: who has joined, under which lease, which slot and which environments are whose, and which
// unrolls were already admitted.
//
// A join gives a lease: a random key by which everything else of that actor is known. A slot number
// is a label for people. A lease ends when its actor joins again or leaves, when the last stream
// opened under it has closed, or when for `lease_seconds` there was neither a stream nor a renewal;
// then the slot is free, and a newcomer takes the lowest free one, and its environments from
// learner/admission/environment_ledger.h. An actor that comes back is known by its key: what it had
// submitted stays submitted. Memory: some hundred bytes a member, and resume states where the
// run keeps them; given back when it leaves, but for a few of the latest.
// What others take is judged by streams that count: those that were opened within half of
// `lease_seconds`, or have delivered within ten times as long, and those for which a batch waits.
// Whoever says that it needs much and sends nothing takes nothing from others, and is judged once
// more when it delivers. Where there is no room for somebody, and actors go away again and again
// without having delivered anything, no stream counts before it has.
// Threads: any.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/wire/learner_endpoint.h"
#include "learner/admission/actor_lags.h"
#include "learner/admission/environment_ledger.h"
#include "learner/run/checkpoint.h"

namespace nyala {

class Roster {
 public:
  struct Options {
    double lease_seconds = 60;
    // Members that send something at a time; kMostIdle times as many may have joined.
    size_t most_members = 65536;
    // Batches wait for their members: a stream counts until the batch leaves it out.
    bool batches_wait = false;
    // Bytes of all resume states: each column has its share, and a state that is larger is not
    // kept.
    uint64_t most_state_bytes = uint64_t{1} << 30;
    std::function<double()> clock = MonotonicSeconds;
  };
  // What a resumed run left: slots to hand out again, and the next free environment index.
  Roster(std::vector<ActorSlot> left_behind, uint64_t next_environment)
      : Roster(std::move(left_behind), next_environment, Options()) {}
  Roster(std::vector<ActorSlot> left_behind, uint64_t next_environment, Options options);

  struct Slot {
    uint32_t actor = 0;
    uint64_t actor_key = 0;
    uint32_t threads = 0;
    uint32_t envs_per_thread = 0;
    uint64_t first_environment = 0;
    // Tells actors apart that get the slot one after another.
    uint64_t holder = 0;
    std::vector<std::string> resume_states;

    int64_t columns() const { return int64_t{threads} * envs_per_thread; }
  };
  // What streams take, by which it is judged who else may come.
  struct Sizes {
    int64_t actors = 0;  // with such a stream
    int64_t columns = 0;
    // Rollout threads, by how many environments each has.
    std::map<uint32_t, int64_t> threads;
  };
  // Whether a slot fits beside what the others take. Called under the roster's lock.
  using FitCheck = std::function<absl::Status(const Slot& slot, const Sizes& beside)>;

  struct Joined {
    Slot slot;
    uint64_t lease = 0;
    // The member goes on where it was.
    bool continues = false;
    // Threads whose streams were open under the lease that this one replaces, and are no more.
    std::vector<uint32_t> superseded;
  };
  // The same key gets the same slot, unless it was freed and taken since; its earlier lease ends.
  // `who` is for messages. ResourceExhausted: there are as many members as there may be. Else what
  // `fits` says of the slot that it would get, which may be its earlier one.
  absl::StatusOr<Joined> Join(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread,
                              const std::string& who = "", const FitCheck& fits = nullptr);
  // A sign of life. Unavailable: the lease has ended, join again.
  absl::Status Renew(uint64_t lease);

  struct Opened {
    uint64_t number = 0;  // for Claim and CloseStream
    // A batch need not wait for it before it has delivered: something was trained on before, or it
    // has been silent for long.
    bool on_probation = false;
    int64_t columns = 0;  // of each of the thread's unrolls
    uint32_t actor = 0;
    uint64_t first_environment = 0;
    uint64_t holder = 0;
    std::string who;
  };
  // A stream of one rollout thread opens; an older one of the same thread is superseded.
  // Unavailable: the lease has ended, join again. InvalidArgument: the actor has no such thread.
  // Else what `fits` says of its streams with this one.
  absl::StatusOr<Opened> OpenStream(uint64_t lease, uint32_t thread,
                                    const FitCheck& fits = nullptr);
  // Whether that opening is the newest of its thread, under a lease that holds.
  bool IsOpen(uint64_t lease, uint32_t thread, uint64_t number);
  struct Closed {
    // False if a newer stream of the same thread has taken over, or the lease has ended.
    bool was_open = false;
    // It was the actor's last: its lease has ended.
    bool left = false;
    std::string who;
  };
  Closed CloseStream(uint64_t lease, uint32_t thread, uint64_t number);
  struct Left {
    uint32_t actor = 0;
    std::string who;
    // Threads whose streams were open, and are no more.
    std::vector<uint32_t> threads;
  };
  // The actor goes by itself. Unavailable: the lease has ended before.
  absl::StatusOr<Left> Leave(uint64_t lease);
  // The same of one that has not heard yet which lease it got. NotFound: it is no member.
  absl::StatusOr<Left> LeaveByKey(uint64_t actor_key);
  // No batch waits for the thread any more before it delivers. Who it is; nothing if the holder has
  // no such stream now, or has delivered at `since` or later.
  std::optional<std::string> LeaveOut(uint32_t actor, uint32_t thread, uint64_t holder,
                                      double since = std::numeric_limits<double>::infinity());

  enum class Claimed {
    kFresh,
    // Fresh, and the thread's first one since it was left out of a batch.
    kBack,
    // Admitted already.
    kDuplicate,
    // The stream was superseded, or its lease has ended.
    kGone,
  };
  // Fresh exactly once for an unroll, before it is admitted: a retry is a duplicate even while the
  // first try still waits for a place. Sequence numbers only go up. If the unroll is `good`, the
  // stream counts from here on; what `fits` says, where it did not until now.
  absl::StatusOr<Claimed> Claim(uint64_t lease, uint32_t thread, uint64_t number, uint64_t sequence,
                                const FitCheck& fits = nullptr, bool good = true);

  // Ends the leases whose time is over: who left, for messages. No longer counts streams that have
  // been silent for long.
  struct Expired {
    uint32_t actor = 0;
    std::string who;
  };
  std::vector<Expired> Expire();

  // Bookkeeping when an unroll is trained on, for checkpoints and metrics. `first_environment`
  // tells its sender from whoever has the slot since.
  void RecordTrained(uint32_t actor, uint32_t thread, uint64_t first_environment, uint64_t lag,
                     uint64_t columns, const std::string& resume_state);

  // Slots in use now.
  uint32_t joined() const;
  // Slots ever given out at the same time: the summary's `actors`.
  uint32_t most_joined() const;
  // Lags of the actors present.
  ActorLags::Summary LagSummary() const;
  std::vector<ActorSlot> ForCheckpoint() const;
  uint64_t next_environment() const;

 private:
  struct Stream {
    uint64_t number = 0;
    bool awaited = false;  // by batches
    bool counted = false;  // in sizes_
  };
  // What is known of a thread over all its streams since its actor joined.
  struct Thread {
    // The latest unroll; until there is one, when a stream was first opened.
    double heard_at = 0;
    bool delivered = false;
    bool left_out = false;  // of a batch, for its silence
  };
  struct Member {
    Slot slot;
    std::string who;
    uint64_t lease = 0;
    std::map<uint32_t, Stream> streams;          // by thread, those that are open
    std::map<uint32_t, uint64_t> last_sequence;  // by thread
    std::map<uint32_t, Thread> threads;          // that have opened a stream
    double alive_at = 0;                         // the last sign of life
    uint32_t counted = 0;                        // threads that are in sizes_
    bool resumed = false;                        // goes on where another left
    bool trained = false;                        // something of it was trained on
  };
  using Members = std::map<uint32_t, Member>;

  Members::iterator OfLease(uint64_t lease) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Members::iterator OfKey(uint64_t actor_key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void GiveLease(Member* member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Members::iterator Enter(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread,
                          bool* continues) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Closed Close(Members::iterator member, uint32_t thread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Member Remove(Members::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Free(Members::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetCounted(Member* member, uint32_t threads) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Recount(Member* member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // It has sent nothing for longer than others are kept out for it.
  bool IsSilent(const Thread& thread) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool ManyGoIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The thread's stream has an unroll. What `fits` says, if it was not counted.
  absl::Status Count(Member* member, uint32_t thread, const FitCheck& fits)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether an actor that left may have its slot again.
  bool IsFree(const Slot& earlier) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What a join of an actor that is no member would get, but for its number and states.
  Slot Wanted(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What `fits` says of a slot beside what others than `own` (which may be null) take.
  absl::Status CheckFit(Member* own, const Slot& slot, const FitCheck& fits)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckPlaces() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Left LeaveNow(Members::iterator member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Slot NewSlot(uint32_t threads, uint32_t envs_per_thread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  mutable Mutex mu_;
  EnvironmentLedger environments_ ABSL_GUARDED_BY(mu_);
  Members members_ ABSL_GUARDED_BY(mu_);  // by actor
  std::unordered_map<uint64_t, uint32_t> actor_of_lease_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<uint64_t, uint32_t> actor_of_key_ ABSL_GUARDED_BY(mu_);
  Sizes sizes_ ABSL_GUARDED_BY(mu_);                 // of all members' streams that are counted
  int64_t member_columns_ ABSL_GUARDED_BY(mu_) = 0;  // of all members, streams or not
  // No slot below it is free.
  uint32_t lowest_free_ ABSL_GUARDED_BY(mu_) = 0;
  // Those who left, by actor key, the latest kDepartedKept of them; without resume states.
  std::map<uint64_t, Member> departed_ ABSL_GUARDED_BY(mu_);
  std::deque<uint64_t> departed_order_ ABSL_GUARDED_BY(mu_);
  ActorLags lags_ ABSL_GUARDED_BY(mu_);
  uint64_t next_stream_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t next_holder_ ABSL_GUARDED_BY(mu_) = 1;
  uint32_t most_joined_ ABSL_GUARDED_BY(mu_) = 0;
  bool trained_ ABSL_GUARDED_BY(mu_) = false;  // anything, of anybody
  // When actors went whose streams had been open and had delivered nothing, the latest of them.
  std::deque<double> idle_departures_ ABSL_GUARDED_BY(mu_);
  // When `fits` last said no.
  double no_room_at_ ABSL_GUARDED_BY(mu_) = -std::numeric_limits<double>::infinity();
};

}  // namespace nyala
