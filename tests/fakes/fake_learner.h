// FakeLearner: a LearnerEndpoint that keeps what it gets and does what a test tells it.
//
// Threads: all methods may be called from any thread. Blocking: Submit while held,
// FetchParameters while the version it waits for is not there, the Await methods with a generous
// limit. EndRun unblocks everyone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/rl/unroll.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

class FakeLearner : public LearnerEndpoint {
 public:
  // What Join answers. The shape of unrolls is taken from the unrolls themselves.
  explicit FakeLearner(const JoinReply& reply);

  absl::StatusOr<JoinReply> Join(const JoinRequest& request) override;
  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t lease,
                                                                 uint32_t thread) override;
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration timeout) override;
  absl::Status RenewLease(uint64_t lease) override;
  absl::Status Leave(const LeaveRequest& request) override;

  // The version that exists; 1 at first.
  void Publish(uint64_t version);
  // Goes to the next version whenever so many more unrolls have come; 0: never by itself.
  void PublishEvery(uint64_t unrolls);
  // What Submit answers with; kAccepted at first.
  void Answer(UnrollVerdict verdict);
  // Real parameters for a real network; without them snapshots are empty.
  void SetParameters(const ParameterSnapshot& parameters);
  // Submit waits, while this is on.
  void HoldSubmits(bool hold);
  // While this is not OK, every call fails with it.
  void Fail(const absl::Status& status);
  // Another answer from the next Join on.
  void SetReply(const JoinReply& reply);
  // Is called while a join is on its way back.
  void WhileJoining(std::function<void()> call);
  // Everything is Cancelled from here on.
  void EndRun() { Fail(absl::CancelledError("the run is over")); }

  struct Submitted {
    UnrollId id;
    uint64_t incarnation = 0;
    uint64_t policy_version = 0;
    int64_t T = 0, E = 0;
    std::vector<int64_t> observation_shape;
    std::vector<uint8_t> observations, actions, flags;
    std::vector<float> log_mu, rewards, initial_state;
    std::vector<EpisodeResult> episodes;
    std::string resume_state;
    double waiting_fraction = 0;
    std::vector<float> gradient;
    // The same trajectory, whatever ids and times are.
    bool SameDataAs(const Submitted& other) const;
  };
  // False when there are not so many within a generous time. Held ones count.
  bool AwaitUnrolls(size_t count);
  // So many of this rollout thread.
  bool AwaitUnrollsOf(uint32_t thread, size_t count);
  // An unroll that was acted under this version or a newer one.
  bool AwaitUnrollUnder(uint64_t policy_version);
  // Tries to join: each begins with the question what the run is.
  bool AwaitJoins(size_t count);
  bool AwaitFetches(size_t count);
  bool AwaitStreams(size_t count);
  bool AwaitRenewals(size_t count);
  // Streams of threads from this one on find no place.
  void LimitThreads(uint32_t threads);
  std::vector<Submitted> unrolls() const;
  // Unrolls of one rollout thread.
  std::vector<Submitted> unrolls(uint32_t thread) const;
  std::vector<JoinRequest> joins() const;
  std::vector<JoinRequest> questions() const;
  std::vector<LeaveRequest> goodbyes() const;
  // The most FetchParameters calls that were in progress at once.
  int most_fetches_at_once() const;

 private:
  class Stream;
  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll);
  bool Await(const std::function<bool()>& ready) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  CondVar changed_;
  std::function<void()> while_joining_ ABSL_GUARDED_BY(mu_);
  JoinReply reply_ ABSL_GUARDED_BY(mu_);
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  ParameterSnapshot parameters_ ABSL_GUARDED_BY(mu_);
  uint64_t publish_every_ ABSL_GUARDED_BY(mu_) = 0;
  UnrollVerdict verdict_ ABSL_GUARDED_BY(mu_) = UnrollVerdict::kAccepted;
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  size_t fetches_ ABSL_GUARDED_BY(mu_) = 0;
  size_t streams_ ABSL_GUARDED_BY(mu_) = 0;
  size_t renewals_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t most_threads_ ABSL_GUARDED_BY(mu_) = ~uint32_t{0};
  int fetches_now_ ABSL_GUARDED_BY(mu_) = 0;
  int most_fetches_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Submitted> unrolls_ ABSL_GUARDED_BY(mu_);
  std::vector<JoinRequest> joins_ ABSL_GUARDED_BY(mu_);
  std::vector<JoinRequest> questions_ ABSL_GUARDED_BY(mu_);
  std::vector<LeaveRequest> goodbyes_ ABSL_GUARDED_BY(mu_);
};

// A join's answer for `envs` environments on each of `threads` threads.
JoinReply MakeJoinReply(const std::string& environment, uint32_t threads, uint32_t envs,
                        int32_t unroll_length, const std::string& algorithm = "impala");

}  // namespace nyala
