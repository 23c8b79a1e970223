#include "common/wire/server/service.h"

#include <grpcpp/server_context.h>

#include <chrono>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/codec/codec.h"
#include "common/wire/credentials.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"
#include "common/wire/server/fetch_reactor.h"
#include "common/wire/server/request_reactor.h"
#include "common/wire/server/unroll_reactor.h"
#include "nyala/learner.grpc.pb.h"

namespace nyala {
namespace {

// How long a service that ends waits for peers to take their answers.
constexpr std::chrono::seconds kAnswerPatience(2);

using Calls =
    wire::Learner::WithRawCallbackMethod_Join<wire::Learner::WithRawCallbackMethod_StreamUnrolls<
        wire::Learner::WithRawCallbackMethod_FetchParameters<
            wire::Learner::WithRawCallbackMethod_RenewLease<
                wire::Learner::WithRawCallbackMethod_Leave<
                    wire::Learner::WithRawCallbackMethod_GetStatus<wire::Learner::Service>>>>>>;
using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

absl::Status EndStatus(ServiceEnd end, const std::string& reason) {
  if (end == ServiceEnd::kRunOver) {
    return absl::CancelledError(reason.empty() ? "the run is over" : reason);
  }
  return absl::UnavailableError(reason.empty() ? "the learner is stopping" : reason);
}

// A call whose answer is worked out on the control thread, where it may lock.
class ControlCall final : public RequestReactor {
 public:
  using Work = std::function<absl::StatusOr<grpc::ByteBuffer>(grpc::ByteBuffer* request)>;

  ControlCall(ServiceCore& core, grpc::CallbackServerContext* context, Work work)
      : RequestReactor(core, context), work_(std::move(work)) {}

 private:
  void OnRequest(grpc::ByteBuffer* request) override {
    core_.control.Post([this, request] {
      const absl::Status why = core_.calls.why();
      absl::StatusOr<grpc::ByteBuffer> response = why.ok() ? work_(request) : why;
      MutexLock lock(mu_);
      if (!response.ok()) return End(response.status());
      AnswerBegins();
      response_ = *std::move(response);
      StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    });
  }
  // The posted job asks calls.why() itself: there is nothing to do here.
  void StopHandling(const absl::Status&) override {}

  const Work work_;
  grpc::ByteBuffer response_;
};

// Turns a function of messages into a ControlCall's work.
template <typename Request, typename Handle>
ControlCall::Work Decoded(Handle handle) {
  return [handle](grpc::ByteBuffer* bytes) -> absl::StatusOr<grpc::ByteBuffer> {
    Request request;
    if (!FromBytes(bytes, &request)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the bytes are no ", Request::descriptor()->name()));
    }
    return handle(request);
  };
}

}  // namespace

class LearnerService::Shell final : public Calls {
 public:
  Shell(LearnerEndpoint& endpoint, LearnerStatusProvider status,
        const LearnerServiceOptions& options)
      : core_(endpoint, options), status_(std::move(status)), bearer_(BearerOf(options.token)) {}

  Reactor* Join(grpc::CallbackServerContext* context) override {
    return OnControl(
        context, Decoded<wire::JoinRequest>(
                     [this](const wire::JoinRequest& request) -> absl::StatusOr<grpc::ByteBuffer> {
                       NYALA_ASSIGN_OR_RETURN(const JoinRequest decoded,
                                              DecodeJoinRequest(request));
                       NYALA_ASSIGN_OR_RETURN(const JoinReply reply, core_.endpoint.Join(decoded));
                       return ToBytes(EncodeJoinReply(reply));
                     }));
  }

  Reactor* RenewLease(grpc::CallbackServerContext* context) override {
    return OnControl(
        context, Decoded<wire::LeaseRequest>(
                     [this](const wire::LeaseRequest& request) -> absl::StatusOr<grpc::ByteBuffer> {
                       NYALA_RETURN_IF_ERROR(core_.endpoint.RenewLease(request.lease()));
                       return ToBytes(wire::LeaseResponse());
                     }));
  }

  Reactor* Leave(grpc::CallbackServerContext* context) override {
    return OnControl(
        context, Decoded<wire::LeaveRequest>(
                     [this](const wire::LeaveRequest& request) -> absl::StatusOr<grpc::ByteBuffer> {
                       NYALA_RETURN_IF_ERROR(core_.endpoint.Leave(DecodeLeaveRequest(request)));
                       return ToBytes(wire::LeaseResponse());
                     }));
  }

  Reactor* GetStatus(grpc::CallbackServerContext* context) override {
    return OnControl(context,
                     Decoded<wire::StatusRequest>(
                         [this](const wire::StatusRequest&) -> absl::StatusOr<grpc::ByteBuffer> {
                           return ToBytes(EncodeStatus(status_()));
                         }));
  }

  Reactor* StreamUnrolls(grpc::CallbackServerContext* context) override {
    return Started(std::make_unique<UnrollReactor>(core_, context), *context);
  }

  Reactor* FetchParameters(grpc::CallbackServerContext* context) override {
    return Started(std::make_unique<FetchReactor>(core_, context), *context);
  }

  ServiceCore& core() { return core_; }

  void Stop(ServiceEnd end, const std::string& reason) {
    const absl::Status why = EndStatus(end, reason);
    core_.calls.Stop(why);
    core_.waiters.Stop();
    // Once more, for a call that began to wait between the two.
    core_.calls.Stop(why);
    core_.calls.WaitUntilEmpty(kAnswerPatience);
  }

 private:
  absl::Status Authorize(const grpc::CallbackServerContext& context) const {
    if (core_.options.token.empty()) return absl::OkStatus();
    const auto found = context.client_metadata().find(kTokenHeader);
    if (found == context.client_metadata().end()) {
      return absl::UnauthenticatedError("the learner asks for a token");
    }
    if (!SameSecret({found->second.data(), found->second.size()}, bearer_)) {
      return absl::UnauthenticatedError("the token is wrong");
    }
    return absl::OkStatus();
  }

  template <typename Call>
  Reactor* Started(std::unique_ptr<Call> made, const grpc::CallbackServerContext& context) {
    const absl::Status admitted = Authorize(context);
    if (core_.options.on_call) core_.options.on_call(context, admitted);
    Call* const call = core_.calls.Add(std::move(made));
    call->Begin(admitted);
    return call;
  }

  Reactor* OnControl(grpc::CallbackServerContext* context, ControlCall::Work work) {
    return Started(std::make_unique<ControlCall>(core_, context, std::move(work)), *context);
  }

  ServiceCore core_;
  const LearnerStatusProvider status_;
  const std::string bearer_;
};

LearnerService::LearnerService(LearnerEndpoint& endpoint, LearnerStatusProvider status,
                               const LearnerServiceOptions& options)
    : shell_(std::make_unique<Shell>(endpoint, std::move(status), options)) {}

LearnerService::~LearnerService() = default;

void LearnerService::Tick(double now) { shell_->core().calls.Tick(now); }

void LearnerService::OnNewVersion(uint64_t version) { shell_->core().waiters.Publish(version); }

void LearnerService::Stop(ServiceEnd end, const std::string& reason) { shell_->Stop(end, reason); }

grpc::Service* LearnerService::grpc_service() { return shell_.get(); }

}  // namespace nyala
