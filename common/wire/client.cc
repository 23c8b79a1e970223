#include "common/wire/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/wire/channel_options.h"
#include "common/wire/client_calls.h"
#include "common/wire/client_stream.h"
#include "common/wire/codec.h"
#include "common/wire/credentials.h"
#include "common/wire/grpc_status.h"
#include "common/wire/memory.h"
#include "common/wire/protocol.h"
#include "nyala/learner.grpc.pb.h"

namespace nyala {
namespace {

std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const TransportConfig& transport) {
  grpc::ChannelArguments arguments;
  for (const auto& [name, value] : ChannelOptions(transport)) arguments.SetInt(name, value);
  arguments.SetMaxReceiveMessageSize(MessageLimit(transport));
  arguments.SetMaxSendMessageSize(MessageLimit(transport));
  // A channel of our own connects when it is told to, without the delays that an earlier failure
  // of another left behind; and a web proxy is no way to a learner.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

bool SameTransport(const TransportConfig& a, const TransportConfig& b) {
  return MessageLimit(a) == MessageLimit(b) && ChannelOptions(a) == ChannelOptions(b);
}

}  // namespace

class GrpcLearnerClient::State {
 public:
  State(const LearnerClientOptions& options, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : address_(options.address),
        token_(options.security.token),
        credentials_(std::move(credentials)),
        transport_(options.transport) {
    channel_ = NewChannel(address_, credentials_, transport_);
  }

  // Runs one unary call under a deadline `extra` later than the call's own limit.
  template <typename Call>
  absl::Status Unary(Call call, absl::Duration extra = absl::ZeroDuration()) {
    std::shared_ptr<grpc::Channel> channel;
    double limit = 0;
    {
      MutexLock lock(mu_);
      channel = channel_;
      limit = transport_.call_timeout_seconds();
    }
    grpc::ClientContext context;
    if (!token_.empty()) context.AddMetadata(kTokenHeader, BearerOf(token_));
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(static_cast<int64_t>(limit * 1000)) +
                         absl::ToChronoMilliseconds(extra));
    calls_->Add(&context);
    const grpc::Status status = call(wire::Learner::NewStub(channel).get(), &context);
    calls_->Remove(&context);
    if (status.ok()) return absl::OkStatus();
    if (calls_->shut_down()) return absl::CancelledError("the client was shut down");
    return FromGrpcStatus(status);
  }

  // Before a join: a channel that failed waits before it tries again, a new one does not.
  void RenewFailedChannel() {
    MutexLock lock(mu_);
    if (channel_->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE) return;
    channel_ = NewChannel(address_, credentials_, transport_);
  }

  void OnJoined(const JoinReply& reply) {
    unacked_->Begin(reply.incarnation, reply.actor);
    MutexLock lock(mu_);
    incarnation_ = reply.incarnation;
    window_ = static_cast<size_t>(std::max(0, UnrollWindow(reply.config)));
    const TransportConfig& transport = reply.config.transport();
    if (!SameTransport(transport, transport_)) {
      channel_ = NewChannel(address_, credentials_, transport);
    }
    transport_ = transport;
  }

  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenStream(uint32_t actor, uint32_t thread) {
    GrpcUnrollStream::Options options;
    options.token = token_;
    options.actor = actor;
    options.thread = thread;
    {
      MutexLock lock(mu_);
      options.channel = channel_;
      options.max_message_bytes = MessageLimit(transport_);
      options.window = window_;
      options.open_timeout_seconds = transport_.call_timeout_seconds();
      options.incarnation = incarnation_;
    }
    auto stream = std::make_unique<GrpcUnrollStream>(std::move(options), calls_, unacked_);
    NYALA_RETURN_IF_ERROR(stream->Open());
    return stream;
  }

  void Shutdown() { calls_->Shutdown(); }

 private:
  const std::string address_;
  const std::string token_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  // Shared with the streams.
  const std::shared_ptr<ClientCalls> calls_ = std::make_shared<ClientCalls>();
  const std::shared_ptr<UnackedUnrolls> unacked_ = std::make_shared<UnackedUnrolls>();

  Mutex mu_;
  TransportConfig transport_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<grpc::Channel> channel_ ABSL_GUARDED_BY(mu_);
  uint64_t incarnation_ ABSL_GUARDED_BY(mu_) = 0;
  size_t window_ ABSL_GUARDED_BY(mu_) = 1;
};

absl::StatusOr<std::unique_ptr<GrpcLearnerClient>> GrpcLearnerClient::Create(
    const LearnerClientOptions& options) {
  KeepFreedMemory();
  QuietLibraryLog();
  NYALA_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.address));
  NYALA_ASSIGN_OR_RETURN(auto credentials, ChannelCredentialsFor(address, options.security));
  return std::unique_ptr<GrpcLearnerClient>(
      new GrpcLearnerClient(std::make_unique<State>(options, std::move(credentials))));
}

GrpcLearnerClient::GrpcLearnerClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

GrpcLearnerClient::~GrpcLearnerClient() = default;

absl::StatusOr<JoinReply> GrpcLearnerClient::Join(const JoinRequest& request) {
  state_->RenewFailedChannel();
  wire::JoinResponse response;
  NYALA_RETURN_IF_ERROR(state_->Unary([&](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->Join(context, EncodeJoinRequest(request), &response);
  }));
  NYALA_ASSIGN_OR_RETURN(JoinReply reply, DecodeJoinReply(response));
  state_->OnJoined(reply);
  return reply;
}

absl::StatusOr<std::unique_ptr<UnrollStream>> GrpcLearnerClient::OpenUnrollStream(uint32_t actor,
                                                                                  uint32_t thread) {
  return state_->OpenStream(actor, thread);
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> GrpcLearnerClient::FetchParameters(
    uint64_t incarnation, uint64_t have_version, uint64_t wait_for_version,
    absl::Duration timeout) {
  // A day is as good as forever, and its milliseconds fit the field.
  const absl::Duration wait = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24));
  wire::FetchRequest request;
  request.set_incarnation(incarnation);
  request.set_have_version(have_version);
  request.set_wait_for_version(wait_for_version);
  request.set_wait_milliseconds(static_cast<uint32_t>(absl::ToInt64Milliseconds(wait)));
  wire::ParametersMessage response;
  const auto call = [&](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->FetchParameters(context, request, &response);
  };
  NYALA_RETURN_IF_ERROR(state_->Unary(call, wait_for_version > 0 ? wait : absl::ZeroDuration()));
  return DecodeParameters(response);
}

absl::StatusOr<LearnerStatus> GrpcLearnerClient::GetStatus() {
  wire::StatusResponse response;
  NYALA_RETURN_IF_ERROR(state_->Unary([&](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->GetStatus(context, wire::StatusRequest(), &response);
  }));
  return DecodeStatus(response);
}

void GrpcLearnerClient::Shutdown() { state_->Shutdown(); }

}  // namespace nyala
