#include "tests/fakes/fake_learner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr std::chrono::seconds kGenerous(120);

template <typename T>
std::vector<T> Copy(absl::Span<const T> values) {
  return std::vector<T>(values.begin(), values.end());
}

FakeLearner::Submitted CopyOf(const UnrollView& unroll) {
  FakeLearner::Submitted copy;
  copy.id = unroll.id;
  copy.incarnation = unroll.incarnation;
  copy.policy_version = unroll.policy_version;
  copy.T = unroll.T;
  copy.E = unroll.E;
  copy.observation_shape = Copy(unroll.observation_shape);
  copy.observations = Copy(unroll.observations);
  copy.actions = Copy(unroll.actions);
  copy.flags = Copy(unroll.flags);
  copy.log_mu = Copy(unroll.log_mu);
  copy.rewards = Copy(unroll.rewards);
  copy.initial_state = Copy(unroll.initial_state);
  copy.episodes = Copy(unroll.episodes);
  copy.resume_state = std::string(unroll.resume_state);
  copy.waiting_fraction = unroll.waiting_fraction;
  copy.gradient = Copy(unroll.gradient);
  return copy;
}

}  // namespace

class FakeLearner::Stream : public UnrollStream {
 public:
  explicit Stream(FakeLearner& learner) : learner_(learner) {}
  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override {
    return learner_.Submit(unroll);
  }

 private:
  FakeLearner& learner_;
};

bool FakeLearner::Submitted::SameDataAs(const Submitted& other) const {
  return policy_version == other.policy_version && observations == other.observations &&
         actions == other.actions && flags == other.flags && log_mu == other.log_mu &&
         rewards == other.rewards && initial_state == other.initial_state &&
         resume_state == other.resume_state;
}

FakeLearner::FakeLearner(const JoinReply& reply) : reply_(reply) { parameters_.version = 1; }

absl::StatusOr<JoinReply> FakeLearner::Join(const JoinRequest& request) {
  std::function<void()> call;
  JoinReply reply;
  {
    MutexLock lock(mu_);
    (request.only_ask ? questions_ : joins_).push_back(request);
    changed_.NotifyAll();
    if (!failure_.ok()) return failure_;
    reply = reply_;
    if (!request.only_ask) call = while_joining_;
  }
  if (call) call();
  return reply;
}

void FakeLearner::WhileJoining(std::function<void()> call) {
  MutexLock lock(mu_);
  while_joining_ = std::move(call);
}

absl::Status FakeLearner::Leave(const LeaveRequest& request) {
  MutexLock lock(mu_);
  goodbyes_.push_back(request);
  return absl::OkStatus();
}

absl::Status FakeLearner::RenewLease(uint64_t) {
  MutexLock lock(mu_);
  ++renewals_;
  changed_.NotifyAll();
  return failure_;
}

void FakeLearner::LimitThreads(uint32_t threads) {
  MutexLock lock(mu_);
  most_threads_ = threads;
}

bool FakeLearner::AwaitRenewals(size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return renewals_ >= count; });
}

absl::StatusOr<std::unique_ptr<UnrollStream>> FakeLearner::OpenUnrollStream(uint64_t,
                                                                            uint32_t thread) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  if (thread >= most_threads_) return absl::ResourceExhaustedError("the learner is full");
  ++streams_;
  changed_.NotifyAll();
  return std::make_unique<Stream>(*this);
}

absl::StatusOr<SubmitReply> FakeLearner::Submit(const UnrollView& unroll) {
  MutexLock lock(mu_);
  unrolls_.push_back(CopyOf(unroll));
  if (publish_every_ > 0 && unrolls_.size() % publish_every_ == 0) ++parameters_.version;
  changed_.NotifyAll();
  changed_.Wait(mu_,
                [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !held_ || !failure_.ok(); });
  if (!failure_.ok()) return failure_;
  SubmitReply reply;
  reply.verdict = verdict_;
  reply.newest_version = parameters_.version;
  return reply;
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FakeLearner::FetchParameters(
    const ParameterRequest& request, absl::Duration timeout) {
  const uint64_t have_version = request.have_version;
  const uint64_t wait_for_version = request.wait_for_version;
  MutexLock lock(mu_);
  ++fetches_;
  most_fetches_ = std::max(most_fetches_, ++fetches_now_);
  changed_.NotifyAll();
  changed_.WaitFor(mu_, absl::ToChronoNanoseconds(timeout),
                   [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
                     return !failure_.ok() || parameters_.version >= wait_for_version;
                   });
  --fetches_now_;
  if (!failure_.ok()) return failure_;
  if (parameters_.version <= have_version || parameters_.version < wait_for_version) {
    return nullptr;
  }
  return std::make_shared<const ParameterSnapshot>(parameters_);
}

void FakeLearner::Publish(uint64_t version) {
  MutexLock lock(mu_);
  parameters_.version = version;
  changed_.NotifyAll();
}

void FakeLearner::PublishEvery(uint64_t unrolls) {
  MutexLock lock(mu_);
  publish_every_ = unrolls;
}

void FakeLearner::Answer(UnrollVerdict verdict) {
  MutexLock lock(mu_);
  verdict_ = verdict;
}

void FakeLearner::SetParameters(const ParameterSnapshot& parameters) {
  MutexLock lock(mu_);
  parameters_ = parameters;
}

void FakeLearner::HoldSubmits(bool hold) {
  MutexLock lock(mu_);
  held_ = hold;
  changed_.NotifyAll();
}

void FakeLearner::Fail(const absl::Status& status) {
  MutexLock lock(mu_);
  failure_ = status;
  changed_.NotifyAll();
}

void FakeLearner::SetReply(const JoinReply& reply) {
  MutexLock lock(mu_);
  reply_ = reply;
}

bool FakeLearner::Await(const std::function<bool()>& ready) {
  return changed_.WaitFor(mu_, kGenerous, ready);
}

bool FakeLearner::AwaitUnrolls(size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return unrolls_.size() >= count; });
}

bool FakeLearner::AwaitUnrollsOf(uint32_t thread, size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return std::count_if(unrolls_.begin(), unrolls_.end(), [&](const Submitted& unroll) {
             return unroll.id.thread == thread;
           }) >= static_cast<int64_t>(count);
  });
}

bool FakeLearner::AwaitUnrollUnder(uint64_t policy_version) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return std::any_of(unrolls_.begin(), unrolls_.end(), [&](const Submitted& unroll) {
      return unroll.policy_version >= policy_version;
    });
  });
}

bool FakeLearner::AwaitJoins(size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return questions_.size() >= count; });
}

bool FakeLearner::AwaitFetches(size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return fetches_ >= count; });
}

bool FakeLearner::AwaitStreams(size_t count) {
  MutexLock lock(mu_);
  return Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return streams_ >= count; });
}

std::vector<FakeLearner::Submitted> FakeLearner::unrolls() const {
  MutexLock lock(mu_);
  return unrolls_;
}

std::vector<FakeLearner::Submitted> FakeLearner::unrolls(uint32_t thread) const {
  std::vector<Submitted> of_thread;
  for (Submitted& unroll : unrolls()) {
    if (unroll.id.thread == thread) of_thread.push_back(std::move(unroll));
  }
  return of_thread;
}

std::vector<JoinRequest> FakeLearner::joins() const {
  MutexLock lock(mu_);
  return joins_;
}

std::vector<JoinRequest> FakeLearner::questions() const {
  MutexLock lock(mu_);
  return questions_;
}

std::vector<LeaveRequest> FakeLearner::goodbyes() const {
  MutexLock lock(mu_);
  return goodbyes_;
}

int FakeLearner::most_fetches_at_once() const {
  MutexLock lock(mu_);
  return most_fetches_;
}

JoinReply MakeJoinReply(const std::string& environment, uint32_t threads, uint32_t envs,
                        int32_t unroll_length, const std::string& algorithm) {
  JoinReply reply;
  reply.run_id = "test-run";
  reply.incarnation = 1;
  reply.threads = threads;
  reply.envs_per_thread = envs;
  reply.continues = true;
  reply.config.mutable_environment()->set_id(environment);
  reply.config.mutable_algorithm()->set_name(algorithm);
  reply.config.mutable_batch()->set_unroll_length(unroll_length);
  return reply;
}

}  // namespace nyala
