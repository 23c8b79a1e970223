// LearnerCore: the learner as its actors see it (LearnerEndpoint), without gRPC.
//
// Joins, admission of unrolls (validated, counted, copied once into a slab), parameter fetches.
// Ownership: borrows the assembler and the store. Threads: any. Blocking: Submit waits while no
// slab is free; FetchParameters waits when asked to. Shutdown ends both.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "common/base/mutex.h"
#include "common/rl/specs.h"
#include "common/wire/learner_endpoint.h"
#include "learner/batch_assembler.h"
#include "learner/parameter_store.h"
#include "learner/roster.h"

namespace nyala {

// Counts since the process started; read them at any time.
struct AdmissionCounters {
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> duplicates{0};
  std::atomic<uint64_t> stale{0};
  std::atomic<uint64_t> malformed{0};
  std::atomic<uint64_t> environment_frames{0};
  // Of the actors' rollout threads, as the latest unrolls said.
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
    // Of the run's network: what gradients of actors must have.
    uint64_t layout = 0;
    int64_t parameters = 0;
    int64_t gradient_values = 0;
  };
  // Checked with every join and unroll; all three must outlive the core.
  LearnerCore(const Options& options, BatchAssembler* assembler, ParameterStore* store,
              Roster* roster);

  absl::StatusOr<JoinReply> Join(const JoinRequest& request) override;
  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint32_t actor,
                                                                 uint32_t thread) override;
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      uint64_t incarnation, uint64_t have_version, uint64_t wait_for_version,
      absl::Duration timeout) override;

  const AdmissionCounters& counters() const { return counters_; }

 private:
  friend class CoreUnrollStream;
  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll);
  absl::Status CheckOrigin(const UnrollView& unroll, uint64_t newest) const;

  const Options options_;
  const bool synchronous_;
  const bool gradients_;  // are what actors submit
  BatchAssembler* const assembler_;
  ParameterStore* const store_;
  Roster* const roster_;
  // Keeps roster and assembler agreeing on whose stream is open: without it an old stream's end
  // could remove the member that a new stream has just added.
  Mutex members_mu_;
  AdmissionCounters counters_;
};

}  // namespace nyala
