// LearnerEndpoint: everything an actor may ask of a learner, in domain types.
//
// The learner implements it, the gRPC client proxies it (common/wire/client/client.h), tests fake
// it. Threads: all methods may be called from any thread, but each UnrollStream from one thread
// only. Statuses, everywhere: Cancelled: the run is over, stop with success. Unavailable: the
// learner is away or stopping, or the lease has ended: join again later. ResourceExhausted: all
// places are taken, try the same again later. InvalidArgument / FailedPrecondition: our fault,
// never retry.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rl/snapshot.h"
#include "common/rl/unroll.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct JoinRequest {
  // Random, one per actor process; a rejoin with it keeps the slot and the unroll ids.
  uint64_t actor_key = 0;
  std::string host;
  int64_t pid = 0;
  // 0 takes the run's default.
  uint32_t threads = 0;
  uint32_t envs_per_thread = 0;
  // The reply says what the run is; nobody joins, and there is no lease in it.
  bool only_ask = false;
};

struct LeaveRequest {
  // 0: with `actor_key`, of an actor that does not know yet which lease its join gave it; else of
  // one that has only asked, and does not join.
  uint64_t lease = 0;
  // For people.
  std::string reason;
  std::string host;
  int64_t pid = 0;
  uint64_t actor_key = 0;
};

struct JoinReply {
  std::string run_id;
  uint64_t incarnation = 0;
  uint32_t actor = 0;
  RunConfig config;
  uint32_t threads = 0;
  uint32_t envs_per_thread = 0;
  uint64_t first_environment = 0;
  // Indexed by rollout thread; empty strings (or none) mean a fresh start.
  std::vector<std::string> resume_states;
  bool want_resume_state = false;
  std::string run_dir;
  // What every stream, fetch and renewal of this actor carries: random, and known to nobody else.
  // It ends when the actor joins again, when its last stream closes, or `lease_seconds` after the
  // last sign of life while it has none open.
  uint64_t lease = 0;
  double lease_seconds = 0;
  // Whether the learner goes on where this actor was, with the unrolls that it took already. Else
  // everything starts anew, sequence numbers included.
  bool continues = false;
  // Which program the learner is, as "nyala 0.1.0"; empty: this one.
  std::string build;
};

enum class UnrollVerdict {
  kAccepted,
  // Taken already.
  kDuplicate,
  // Not taken: too old, or of another batch.
  kStale,
  // Accepted, and all that the batch needs of this rollout thread: the next one must be acted under
  // a newer version.
  kEnough,
  // Not taken: its values are not finite, or too large to train on.
  kRefused,
};

struct SubmitReply {
  UnrollVerdict verdict = UnrollVerdict::kAccepted;
  uint64_t newest_version = 0;
  // Why an unroll was refused.
  std::string reason;
};

struct ParameterRequest {
  uint64_t lease = 0;
  uint64_t incarnation = 0;
  // 0: none yet.
  uint64_t have_version = 0;
  // 0: does not wait.
  uint64_t wait_for_version = 0;
};

// The way of one rollout thread's unrolls, in order.
class UnrollStream {
 public:
  virtual ~UnrollStream() = default;
  // Hands the unroll over (its memory may be reused on return) and waits until no more than
  // the window (ActorConfig.window) of unrolls is unacknowledged. Returns the newest ack so far.
  // After an error the stream is dead; destroy it.
  virtual absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) = 0;
  // The learner's side, not while a Submit is under way: why it has no standing any more, as when a
  // newer stream took over. Must not block.
  virtual absl::Status Standing() { return absl::OkStatus(); }
  // The learner's side: told why the stream ends, before it is destroyed. For messages.
  virtual void OnEnd(const absl::Status&) {}
};

class LearnerEndpoint {
 public:
  virtual ~LearnerEndpoint() = default;
  virtual absl::StatusOr<JoinReply> Join(const JoinRequest& request) = 0;
  // ResourceExhausted: the learner serves as many streams as it can; those that are open go on.
  virtual absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t lease,
                                                                         uint32_t thread) = 0;
  // The newest snapshot if it is newer than `have_version`, else nullptr. With `wait_for_version`
  // > 0 waits until that version exists, at most `timeout` (then nullptr, not an error); the
  // learner's own never waits, its service does.
  virtual absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration timeout) = 0;
  // A sign of life, for as long as no stream is open.
  virtual absl::Status RenewLease(uint64_t lease) = 0;
  // The actor's last word: it goes by itself. Its lease and its streams end. Waits about a second
  // at most for the learner to hear it, also while everything else is being interrupted.
  virtual absl::Status Leave(const LeaveRequest& request) = 0;
};

}  // namespace nyala
