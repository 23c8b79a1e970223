// LearnerCore: the learner as its actors see it (LearnerEndpoint), without gRPC.
//
// Joins and leases, admission of unrolls (validated, counted, copied once into a slab), parameter
// fetches; and a line, of a limited number, for who comes, goes or is refused.
// Ownership: borrows the assembler and the store. Threads: any. Blocking: Submit waits while no
// slab is free; closing the assembler ends that.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/rl/specs.h"
#include "common/system/limited_log.h"
#include "common/wire/learner_endpoint.h"
#include "learner/admission/parameter_store.h"
#include "learner/admission/roster.h"
#include "learner/batches/batch_assembler.h"

namespace nyala {

// Counts since the process started; read them at any time.
struct AdmissionCounters {
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> duplicates{0};
  std::atomic<uint64_t> stale{0};
  std::atomic<uint64_t> malformed{0};
  // Whole, but with numbers that cannot be trained on.
  std::atomic<uint64_t> refused{0};
  // Came on a stream that another had taken over, or whose lease had ended: nothing of it is lost
  // that was admitted, and the actor joins again.
  std::atomic<uint64_t> superseded{0};
  // Rollout threads that a synchronous batch went on without.
  std::atomic<uint64_t> stragglers{0};
  // Actors that were gone without a word, or were left behind by a synchronous batch.
  std::atomic<uint64_t> lost_actors{0};
  // Whoever might not join, or did not want to.
  std::atomic<uint64_t> refused_joins{0};
  std::atomic<uint64_t> environment_frames{0};
  // Part of their time that rollout threads wait, as the latest unroll said.
  std::atomic<double> waiting_fraction{0};
};

class LearnerCore : public LearnerEndpoint {
 public:
  struct Options {
    RunConfig config;  // resolved
    UnrollSpec unroll;
    std::string run_id;
    std::string run_dir;
    uint64_t incarnation = 1;
    // Layout of the run's network: what gradients of actors must have.
    uint64_t layout = 0;
    int64_t parameters = 0;
    int64_t gradient_values = 0;
    // What a joined column takes of memory, and how much all of them may take. 0: no bound, the
    // batch has a size of its own.
    int64_t column_bytes = 0;
    int64_t most_bytes = 0;
    // What messages on their way in may take. 0: no bound.
    int64_t message_memory = 0;
    // Whether to log joins and leaves: where nobody else does.
    bool tell_joins = false;
  };
  // Checked with every join and unroll; all three must outlive the core.
  LearnerCore(const Options& options, BatchAssembler* assembler, ParameterStore* store,
              Roster* roster);

  absl::StatusOr<JoinReply> Join(const JoinRequest& request) override;
  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t lease,
                                                                 uint32_t thread) override;
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration timeout) override;
  absl::Status RenewLease(uint64_t lease) override;
  absl::Status Leave(const LeaveRequest& request) override;

  // About once a second: ends leases whose time is over, gives up who is gone without a word.
  void Tick();

  const AdmissionCounters& counters() const { return counters_; }

 private:
  friend class CoreUnrollStream;
  // An actor whose streams have closed a moment ago: it may still say why.
  struct Gone {
    uint32_t actor = 0;
    std::string who;
    std::string why;
    double since = 0;  // MonotonicSeconds
  };
  // For an unroll that is claimed: takes a valid one, or leaves one out.
  absl::StatusOr<SubmitReply> Admit(const UnrollView& unroll);
  SubmitReply Refuse(const UnrollView& unroll, const absl::Status& why);
  absl::Status CheckOrigin(const UnrollView& unroll, uint64_t newest) const;
  // OutOfRange: not to be trained on. Anything else: its stream ends.
  absl::Status Validate(const UnrollView& unroll, uint64_t newest) const;
  absl::Status CheckRequest(uint32_t threads, uint32_t envs) const;
  // Whether the slot fits beside the others; then the two checks that this consists of.
  absl::Status CheckFit(const Roster::Slot& slot, const Roster::Sizes& beside) const;
  absl::Status CheckMessages(const Roster::Slot& slot, const Roster::Sizes& beside) const;
  absl::Status CheckColumns(const Roster::Slot& slot, const Roster::Sizes& beside) const;
  // Bytes that messages of so many rollout threads take on their way in.
  double MessagesOf(int64_t threads, uint32_t envs) const;
  absl::StatusOr<JoinReply> TryJoin(const JoinRequest& request, const std::string& who);
  // What the run is, for whoever only asks.
  JoinReply Describe() const;
  // The last stream under a lease has closed.
  void OnGone(uint64_t lease, uint32_t actor, const std::string& who, absl::string_view why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(members_mu_);
  void GiveUp(const Gone& gone) ABSL_EXCLUSIVE_LOCKS_REQUIRED(members_mu_);
  void GiveUpWhere(absl::FunctionRef<bool(const Gone&)> chosen)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(members_mu_);
  void OnSilence(const std::vector<SilentMember>& silent, double seconds_waited);

  const Options options_;
  const bool synchronous_;
  const bool gradients_;  // are what actors submit
  BatchAssembler* const assembler_;
  ParameterStore* const store_;
  Roster* const roster_;
  Roster::FitCheck fits_;
  // Keeps roster and assembler agreeing on whose stream is open: without it an old stream's end
  // could remove the member that a new stream has just added.
  Mutex members_mu_;
  std::map<uint64_t, Gone> gone_ ABSL_GUARDED_BY(members_mu_);  // by lease
  AdmissionCounters counters_;
  // The latest refusal of each actor that tried to join, by actor key.
  std::map<uint64_t, std::string> told_refusals_ ABSL_GUARDED_BY(members_mu_);
  // One for each kind of line: whoever causes many of one must not hide the others.
  LimitedLog comings_;
  LimitedLog declines_;
  LimitedLog refusals_;
  LimitedLog bad_unrolls_;
  LimitedLog silences_;
};

}  // namespace nyala
