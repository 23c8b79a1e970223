// FakeEndpoint: a learner for transport tests: takes unrolls, or is full, and publishes versions.
//
// Threads: all methods from any thread. Blocking: Submit while full; the Await methods, for at most
// a generous limit.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

// How long tests wait for what must happen.
inline constexpr std::chrono::seconds kTestLimit(60);

// Small, valid, with episodes and resume state; float32 observations [3], two actions.
inline UnrollSpec TestSpec(int64_t T = 3, int64_t E = 2, int64_t state_size = 4) {
  UnrollSpec spec;
  spec.T = T;
  spec.E = E;
  spec.observation = {DType::kFloat32, {3}};
  spec.state_size = state_size;
  return spec;
}

inline Unroll TestUnroll(const UnrollSpec& spec, uint64_t sequence = 1) {
  Unroll unroll(spec);
  unroll.id = {7, 1, sequence};
  unroll.incarnation = 5;
  unroll.policy_version = 11;
  for (size_t i = 0; i < unroll.observations.size(); ++i) {
    unroll.observations[i] = static_cast<uint8_t>(i % 64);
  }
  for (size_t i = 0; i < unroll.rewards.size(); ++i) {
    unroll.actions[4 * i] = i % 2;
    unroll.rewards[i] = static_cast<float>(i);
    unroll.log_mu[i] = -0.5f * static_cast<float>(i + 1);
  }
  for (size_t i = 0; i < unroll.initial_state.size(); ++i) {
    unroll.initial_state[i] = 0.25f * static_cast<float>(i);
  }
  unroll.episodes = {{21.5, 9, true}, {-1, 3, false}};
  unroll.resume_state = "where the thread stands";
  unroll.waiting_fraction = 0.125;
  return unroll;
}

class FakeEndpoint : public LearnerEndpoint {
 public:
  // What Join hands out.
  JoinReply join_reply;
  // What Submit answers, when set before the first call.
  std::function<absl::StatusOr<SubmitReply>(const UnrollView&)> on_submit;

  FakeEndpoint() {
    join_reply.run_id = "run";
    join_reply.incarnation = 5;
    join_reply.actor = 7;
    join_reply.lease = 7;
    join_reply.continues = true;
  }

  absl::StatusOr<JoinReply> Join(const JoinRequest& request) override {
    MutexLock lock(mu_);
    joins_.push_back(request);
    return join_reply;
  }

  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t lease,
                                                                 uint32_t) override {
    if (lease != 7) return absl::FailedPreconditionError("lease: nobody has it");
    MutexLock lock(mu_);
    ++open_;
    changed_.NotifyAll();
    return std::make_unique<Stream>(this);
  }

  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration) override {
    const uint64_t have_version = request.have_version;
    MutexLock lock(mu_);
    if (request.incarnation != 5) return absl::FailedPreconditionError("incarnation: not this one");
    ++fetches_;
    changed_.NotifyAll();
    if (snapshot_ == nullptr || snapshot_->version <= have_version) return nullptr;
    return snapshot_;
  }

  absl::Status RenewLease(uint64_t lease) override {
    return lease == 7 ? absl::OkStatus() : absl::UnavailableError("the lease has ended");
  }

  absl::Status Leave(const LeaveRequest& request) override {
    MutexLock lock(mu_);
    goodbyes_.push_back(request);
    return absl::OkStatus();
  }

  void Publish(uint64_t version, size_t size = 4) {
    auto snapshot = std::make_shared<ParameterSnapshot>();
    snapshot->version = version;
    snapshot->layout = 99;
    snapshot->values.assign(size, static_cast<float>(version));
    MutexLock lock(mu_);
    snapshot_ = std::move(snapshot);
  }

  // Watches the snapshot at hand.
  std::weak_ptr<const ParameterSnapshot> Watch() {
    MutexLock lock(mu_);
    return snapshot_;
  }

  void SetFull(bool full) {
    MutexLock lock(mu_);
    full_ = full;
    changed_.NotifyAll();
  }

  // Makes a blocked Submit, and every later one, return `status`: what a learner does first when it
  // ends.
  void Close(absl::Status status) {
    MutexLock lock(mu_);
    closed_ = std::move(status);
    changed_.NotifyAll();
  }

  bool AwaitOpenStreams(int count) {
    return Await([=]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return open_ == count; });
  }
  bool AwaitSubmitted(size_t count) {
    return Await([=]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return submitted_.size() >= count; });
  }
  bool AwaitBlocked(int count) {
    return Await([=]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return blocked_ >= count; });
  }
  bool AwaitFetches(int count) {
    return Await([=]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return fetches_ >= count; });
  }
  std::vector<UnrollId> submitted() {
    MutexLock lock(mu_);
    return submitted_;
  }
  std::vector<LeaveRequest> goodbyes() {
    MutexLock lock(mu_);
    return goodbyes_;
  }
  std::vector<JoinRequest> joins() {
    MutexLock lock(mu_);
    return joins_;
  }

 private:
  class Stream : public UnrollStream {
   public:
    explicit Stream(FakeEndpoint* endpoint) : endpoint_(endpoint) {}
    ~Stream() override { endpoint_->OnClosed(); }
    absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override {
      return endpoint_->Submit(unroll);
    }

   private:
    FakeEndpoint* const endpoint_;
  };

  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) {
    {
      MutexLock lock(mu_);
      ++blocked_;
      changed_.NotifyAll();
      changed_.Wait(
          mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !full_ || !closed_.ok(); });
      --blocked_;
      if (!closed_.ok()) return closed_;
      submitted_.push_back(unroll.id);
      changed_.NotifyAll();
    }
    if (on_submit) return on_submit(unroll);
    return SubmitReply{UnrollVerdict::kAccepted, unroll.id.sequence + 100, ""};
  }

  void OnClosed() {
    MutexLock lock(mu_);
    --open_;
    changed_.NotifyAll();
  }

  bool Await(const std::function<bool()>& condition) {
    MutexLock lock(mu_);
    return changed_.WaitFor(mu_, kTestLimit, condition);
  }

  Mutex mu_;
  CondVar changed_;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status closed_ ABSL_GUARDED_BY(mu_);
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  int blocked_ ABSL_GUARDED_BY(mu_) = 0;
  int fetches_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<UnrollId> submitted_ ABSL_GUARDED_BY(mu_);
  std::vector<LeaveRequest> goodbyes_ ABSL_GUARDED_BY(mu_);
  std::vector<JoinRequest> joins_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const ParameterSnapshot> snapshot_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
