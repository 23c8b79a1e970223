// Roster: who has joined, which slot and which environments are whose, and which unrolls were
// already admitted.
//
// A slot is freed when the last stream of its actor has closed, or when none was opened within a
// minute; a newcomer takes the lowest free one. Environment indices are never given twice (they key
// random numbers), except to the actor that takes over a slot of a synchronous run exactly where it
// was left. An actor that comes back is known by its key: what it had submitted stays submitted.
// Threads: any.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/histogram.h"
#include "common/base/mutex.h"
#include "common/wire/learner_endpoint.h"
#include "learner/checkpoint.h"

namespace nyala {

class Roster {
 public:
  // What a resumed run left: slots to hand out again, and the next free environment index.
  Roster(std::vector<ActorSlot> left_behind, uint64_t next_environment);

  struct Slot {
    uint32_t actor = 0;
    uint64_t actor_key = 0;
    uint32_t threads = 0;
    uint32_t envs_per_thread = 0;
    uint64_t first_environment = 0;
    std::vector<std::string> resume_states;
  };
  // The same key gets the same slot, unless it was freed and taken since.
  Slot Join(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread);

  struct Opened {
    uint64_t number = 0;  // for CloseStream
    int64_t columns = 0;  // of each of the thread's unrolls
  };
  // A stream of one rollout thread opens. InvalidArgument when the actor has not joined or has no
  // such thread.
  absl::StatusOr<Opened> OpenStream(uint32_t actor, uint32_t thread);
  // False if a newer stream of the same thread has taken over since.
  bool CloseStream(uint32_t actor, uint32_t thread, uint64_t number);

  // True exactly once for an unroll, before it is admitted: a retry is refused even while the
  // first try still waits for a place. Sequence numbers only go up. False also when the actor has
  // left.
  bool Claim(const UnrollId& id);

  // Bookkeeping when an unroll is trained on, for checkpoints and metrics.
  void RecordTrained(uint32_t actor, uint32_t thread, uint64_t lag, uint64_t columns,
                     const std::string& resume_state);

  // Slots in use now.
  uint32_t joined() const;
  // Slots ever given out at the same time: the summary's `actors`.
  uint32_t most_joined() const;
  // How often one was freed: actors that died, were stopped, or lost their connection.
  uint64_t departures() const;
  std::map<uint32_t, Histogram> lag_by_actor() const;
  std::vector<ActorSlot> ForCheckpoint() const;
  uint64_t next_environment() const;

 private:
  struct Member {
    Slot slot;
    std::map<uint32_t, uint64_t> streams;        // thread to the number of its open stream
    std::map<uint32_t, uint64_t> last_sequence;  // by thread
    double joined_at = 0;                        // MonotonicSeconds
    bool resumed = false;                        // goes on where another left
    bool trained = false;                        // something of it was trained on
    bool HasNotBegun() const { return streams.empty() && last_sequence.empty(); }
  };

  void Free(std::map<uint32_t, Member>::iterator member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FreeSilent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Slot NewSlot(uint32_t threads, uint32_t envs_per_thread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::map<uint32_t, ActorSlot> left_behind_ ABSL_GUARDED_BY(mu_);
  // By actor: how many in a row went where they were resumed.
  std::map<uint32_t, int> stuck_ ABSL_GUARDED_BY(mu_);
  std::map<uint32_t, Member> members_ ABSL_GUARDED_BY(mu_);
  // Those who left, by actor key, the latest kDepartedKept of them.
  std::map<uint64_t, Member> departed_ ABSL_GUARDED_BY(mu_);
  std::deque<uint64_t> departed_order_ ABSL_GUARDED_BY(mu_);
  std::map<uint32_t, Histogram> lag_by_actor_ ABSL_GUARDED_BY(mu_);
  uint64_t next_environment_ ABSL_GUARDED_BY(mu_);
  uint64_t next_stream_ ABSL_GUARDED_BY(mu_) = 1;
  uint32_t most_joined_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t departures_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace nyala
