#include "common/wire/server/health.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>

#include "common/wire/codec/codec.h"
#include "common/wire/server/call_set.h"
#include "common/wire/server/service_core.h"
#include "nyala/health.grpc.pb.h"

namespace nyala {
namespace {

using Health = grpc::health::v1::Health;
using Response = grpc::health::v1::HealthCheckResponse;
using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

constexpr std::chrono::seconds kAnswerPatience(1);

grpc::ByteBuffer Says(Response::ServingStatus status) {
  Response response;
  response.set_status(status);
  return ToBytes(response);
}

class HealthCall final : public Reactor, public ServiceCall {
 public:
  HealthCall(CallSet& calls, std::atomic<int>& count, grpc::CallbackServerContext* context,
             bool watches)
      : calls_(calls),
        context_(context),
        watches_(watches),
        place_(count, HealthService::kMostCalls) {}

  void Begin() {
    MutexLock lock(mu_);
    if (!place_.taken()) {
      ended_ = true;
      return Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "too many health calls"));
    }
    answer_ = Says(stopped_ ? Response::NOT_SERVING : Response::SERVING);
    writing_ = true;
    if (watches_ && !stopped_) return StartWrite(&answer_);
    ended_ = true;
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void Stop(const absl::Status&) override {
    MutexLock lock(mu_);
    stopped_ = true;
    End();
  }
  void Cancel() override { context_->TryCancel(); }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mu_);
    writing_ = false;
    if (!ok) stopped_ = true;
    if (stopped_) End();
  }
  void OnCancel() override {
    MutexLock lock(mu_);
    stopped_ = true;
    End();
  }
  void OnDone() override {
    {
      // Whoever finished the call may still hold the lock for a moment.
      MutexLock lock(mu_);
    }
    calls_.Remove(this);
  }

 private:
  // A watch's, once; after the answer that is under way.
  void End() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ended_ || writing_ || !place_.taken() || answer_.Length() == 0) return;
    ended_ = true;
    answer_ = Says(Response::NOT_SERVING);
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  CallSet& calls_;
  grpc::CallbackServerContext* const context_;
  const bool watches_;
  const CountedPlace place_;
  Mutex mu_;
  grpc::ByteBuffer answer_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

class HealthService::Shell final : public Health::WithRawCallbackMethod_Check<
                                       Health::WithRawCallbackMethod_Watch<Health::Service>> {
 public:
  Reactor* Check(grpc::CallbackServerContext* context) override { return Start(context, false); }
  Reactor* Watch(grpc::CallbackServerContext* context) override { return Start(context, true); }

  void Stop() {
    calls_.Stop(absl::UnavailableError("the learner is stopping"));
    calls_.WaitUntilEmpty(kAnswerPatience);
  }

 private:
  Reactor* Start(grpc::CallbackServerContext* context, bool watches) {
    HealthCall* const call =
        calls_.Add(std::make_unique<HealthCall>(calls_, count_, context, watches));
    call->Begin();
    return call;
  }

  std::atomic<int> count_{0};
  CallSet calls_;
};

HealthService::HealthService() : shell_(std::make_unique<Shell>()) {}
HealthService::~HealthService() = default;
void HealthService::Stop() { shell_->Stop(); }
grpc::Service* HealthService::grpc_service() { return shell_.get(); }

}  // namespace nyala
