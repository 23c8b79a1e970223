#include "common/wire/service.h"

#include <grpcpp/server_context.h>

#include <functional>
#include <utility>

#include "common/wire/codec.h"
#include "common/wire/credentials.h"
#include "common/wire/fetch_reactor.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"
#include "common/wire/unroll_reactor.h"
#include "nyala/learner.grpc.pb.h"

namespace nyala {
namespace {

using Calls =
    wire::Learner::WithCallbackMethod_Join<wire::Learner::WithRawCallbackMethod_StreamUnrolls<
        wire::Learner::WithRawCallbackMethod_FetchParameters<
            wire::Learner::WithCallbackMethod_GetStatus<wire::Learner::Service>>>>;

absl::Status EndStatus(ServiceEnd end, const std::string& reason) {
  if (end == ServiceEnd::kRunOver) {
    return absl::CancelledError(reason.empty() ? "the run is over" : reason);
  }
  return absl::UnavailableError(reason.empty() ? "the learner is stopping" : reason);
}

// A unary call that runs on the control thread, where it may lock.
class ControlCall final : public grpc::ServerUnaryReactor, public ServiceCall {
 public:
  using Work = std::function<absl::Status()>;

  ControlCall(ServiceCore& core, Work work)
      : core_(core),
        place_(core.queued_calls, core.options.max_waiting_calls),
        work_(std::move(work)) {}

  void Begin(const absl::Status& admitted) {
    if (!admitted.ok()) {
      Finish(ToGrpcStatus(admitted));
    } else if (!place_.taken()) {
      Finish(ToGrpcStatus(absl::UnavailableError("too many calls wait for the learner")));
    } else {
      core_.control.Post([this] {
        const absl::Status why = core_.calls.why();
        Finish(ToGrpcStatus(why.ok() ? work_() : why));
      });
    }
  }
  // The job looks by itself.
  void Stop(const absl::Status&) override {}
  void OnDone() override { core_.calls.Remove(this); }

 private:
  ServiceCore& core_;
  const CountedPlace place_;
  const Work work_;
};

}  // namespace

class LearnerService::Shell final : public Calls {
 public:
  Shell(LearnerEndpoint& endpoint, LearnerStatusProvider status,
        const LearnerServiceOptions& options)
      : core_(endpoint, options), status_(std::move(status)), bearer_(BearerOf(options.token)) {}

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const wire::JoinRequest* request,
                                 wire::JoinResponse* response) override {
    return OnControl(*context, [this, request, response]() -> absl::Status {
      const auto decoded = DecodeJoinRequest(*request);
      if (!decoded.ok()) return decoded.status();
      const auto reply = core_.endpoint.Join(*decoded);
      if (!reply.ok()) return reply.status();
      *response = EncodeJoinReply(*reply);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const wire::StatusRequest*,
                                      wire::StatusResponse* response) override {
    return OnControl(*context, [this, response] {
      *response = EncodeStatus(status_());
      return absl::OkStatus();
    });
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamUnrolls(
      grpc::CallbackServerContext* context) override {
    UnrollReactor* call = core_.calls.Add(std::make_unique<UnrollReactor>(core_, context));
    call->Begin(Authorize(*context));
    return call;
  }

  grpc::ServerUnaryReactor* FetchParameters(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override {
    FetchReactor* call = core_.calls.Add(std::make_unique<FetchReactor>(core_, response));
    call->Begin(Authorize(*context), *request);
    return call;
  }

  ServiceCore& core() { return core_; }

  void Stop(ServiceEnd end, const std::string& reason) {
    const absl::Status why = EndStatus(end, reason);
    core_.calls.Stop(why);
    core_.waiters.Stop();
    // Once more, for a call that began to wait between the two.
    core_.calls.Stop(why);
    core_.calls.WaitUntilEmpty();
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

  grpc::ServerUnaryReactor* OnControl(const grpc::CallbackServerContext& context,
                                      ControlCall::Work work) {
    ControlCall* call = core_.calls.Add(std::make_unique<ControlCall>(core_, std::move(work)));
    call->Begin(Authorize(context));
    return call;
  }

  ServiceCore core_;
  const LearnerStatusProvider status_;
  const std::string bearer_;
};

LearnerService::LearnerService(LearnerEndpoint& endpoint, LearnerStatusProvider status,
                               const LearnerServiceOptions& options)
    : shell_(std::make_unique<Shell>(endpoint, std::move(status), options)) {}

LearnerService::~LearnerService() = default;

void LearnerService::OnNewVersion(uint64_t version) { shell_->core().waiters.Publish(version); }

void LearnerService::Stop(ServiceEnd end, const std::string& reason) { shell_->Stop(end, reason); }

int LearnerService::open_streams() const { return shell_->core().streams; }

grpc::Service* LearnerService::grpc_service() { return shell_.get(); }

}  // namespace nyala
