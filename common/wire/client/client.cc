#include "common/wire/client/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/wire/channel_options.h"
#include "common/wire/client/client_calls.h"
#include "common/wire/client/client_fetch.h"
#include "common/wire/client/client_stream.h"
#include "common/wire/codec/codec.h"
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

// An actor that is told to stop does not stay for long.
constexpr absl::Duration kLastWordPatience = absl::Seconds(1);

bool SameTransport(const TransportConfig& a, const TransportConfig& b) {
  return MessageLimit(a) == MessageLimit(b) && ChannelOptions(a) == ChannelOptions(b);
}

}  // namespace

class GrpcLearnerClient::State {
 public:
  State(const LearnerClientOptions& options, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : address_(options.address),
        token_(options.security.token),
        tls_(!options.security.ca_file.empty()),
        credentials_(std::move(credentials)),
        transport_(options.transport) {
    channel_ = NewChannel(address_, credentials_, transport_);
  }

  // Runs one call of one request and one response, which Shutdown interrupts. `open` begins it.
  template <typename Request, typename Response, typename OpenCall>
  absl::Status Ask(OpenCall open, const Request& request, Response* response) {
    const auto [channel, patience] = Line();
    grpc::ClientContext context;
    calls_->Add(&context);
    const absl::Status status = Call(channel, patience, &context, open, request, response);
    calls_->Remove(&context);
    if (!status.ok() && calls_->shut_down()) {
      return absl::CancelledError("the client was shut down");
    }
    return status;
  }

  absl::Status Leave(const wire::LeaveRequest& request) {
    const auto [channel, patience] = Line();
    grpc::ClientContext context;
    wire::LeaseResponse response;
    const auto open = [](wire::Learner::Stub* stub, grpc::ClientContext* call) {
      return stub->Leave(call);
    };
    return Call(channel, std::min(patience, kLastWordPatience), &context, open, request, &response);
  }

  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> Fetch(const wire::FetchRequest& request,
                                                                 absl::Duration wait) {
    const auto [channel, patience] = Line();
    return FetchCall(channel, token_, calls_.get()).Run(request, wait + patience, patience);
  }

  // Before a join: a channel that failed waits before it tries again, a new one does not.
  void RenewFailedChannel() {
    MutexLock lock(mu_);
    if (channel_->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE) return;
    channel_ = NewChannel(address_, credentials_, transport_);
  }

  void OnJoined(const JoinReply& reply) {
    unacked_->Begin(reply.incarnation, reply.actor, reply.continues);
    MutexLock lock(mu_);
    incarnation_ = reply.incarnation;
    actor_ = reply.actor;
    window_ = static_cast<size_t>(std::max(0, UnrollWindow(reply.config)));
    const TransportConfig& transport = reply.config.transport();
    if (!SameTransport(transport, transport_)) {
      channel_ = NewChannel(address_, credentials_, transport);
    }
    transport_ = transport;
  }

  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenStream(uint64_t lease, uint32_t thread) {
    GrpcUnrollStream::Options options;
    options.token = token_;
    options.lease = lease;
    options.thread = thread;
    {
      MutexLock lock(mu_);
      options.channel = channel_;
      options.max_message_bytes = MessageLimit(transport_);
      options.window = window_;
      options.open_timeout_seconds = transport_.call_timeout_seconds();
      options.incarnation = incarnation_;
      options.actor = actor_;
    }
    auto stream = std::make_unique<GrpcUnrollStream>(std::move(options), calls_, unacked_);
    NYALA_RETURN_IF_ERROR(stream->Open());
    return stream;
  }

  void Shutdown() { calls_->Shutdown(); }

  // What the library says when one side speaks TLS and the other does not, with what it means.
  absl::Status Explain(const absl::Status& status) const {
    const bool mute = absl::StrContains(status.message(), "Socket closed") &&
                      !absl::StartsWith(address_, "unix:");
    const bool garbled = absl::StrContains(status.message(), "wrong version number");
    if (!absl::IsUnavailable(status) || (tls_ ? !garbled : !mute)) return status;
    return absl::UnavailableError(absl::StrCat(
        status.message(),
        tls_ ? "; it may be a learner without TLS, which takes no --tls-ca"
             : "; it may be a learner with TLS, which takes --tls-ca=FILE, or one that "
               "has no room for another connection"));
  }

 private:
  template <typename Request, typename Response, typename OpenCall>
  absl::Status Call(const std::shared_ptr<grpc::Channel>& channel, absl::Duration patience,
                    grpc::ClientContext* context, OpenCall open, const Request& request,
                    Response* response) const {
    if (!token_.empty()) context->AddMetadata(kTokenHeader, BearerOf(token_));
    context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience));
    context->set_initial_metadata_corked(true);
    const std::unique_ptr<wire::Learner::Stub> stub = wire::Learner::NewStub(channel);
    const auto call = open(stub.get(), context);
    call->WriteLast(request, grpc::WriteOptions());
    const bool answered = call->Read(response);
    const grpc::Status status = call->Finish();
    if (!status.ok()) return FromGrpcStatus(status);
    return answered ? absl::OkStatus() : absl::UnavailableError("the learner sent no answer");
  }

  // How the next call goes, and how long it may wait for an answer.
  std::pair<std::shared_ptr<grpc::Channel>, absl::Duration> Line() {
    MutexLock lock(mu_);
    return {channel_, absl::Seconds(transport_.call_timeout_seconds())};
  }

  const std::string address_;
  const std::string token_;
  const bool tls_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  // Shared with the streams.
  const std::shared_ptr<ClientCalls> calls_ = std::make_shared<ClientCalls>();
  const std::shared_ptr<UnackedUnrolls> unacked_ = std::make_shared<UnackedUnrolls>();

  Mutex mu_;
  TransportConfig transport_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<grpc::Channel> channel_ ABSL_GUARDED_BY(mu_);
  uint64_t incarnation_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t actor_ ABSL_GUARDED_BY(mu_) = 0;
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
  const auto open = [](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->Join(context);
  };
  const absl::Status asked = state_->Ask(open, EncodeJoinRequest(request), &response);
  if (!asked.ok()) return state_->Explain(asked);
  NYALA_ASSIGN_OR_RETURN(JoinReply reply, DecodeJoinReply(response));
  if (!request.only_ask) state_->OnJoined(reply);
  return reply;
}

absl::StatusOr<std::unique_ptr<UnrollStream>> GrpcLearnerClient::OpenUnrollStream(uint64_t lease,
                                                                                  uint32_t thread) {
  return state_->OpenStream(lease, thread);
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> GrpcLearnerClient::FetchParameters(
    const ParameterRequest& request, absl::Duration timeout) {
  // A day is as good as forever, and its milliseconds fit the field.
  const absl::Duration wait = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24));
  wire::FetchRequest message;
  message.set_lease(request.lease);
  message.set_incarnation(request.incarnation);
  message.set_have_version(request.have_version);
  message.set_wait_for_version(request.wait_for_version);
  message.set_wait_milliseconds(static_cast<uint32_t>(absl::ToInt64Milliseconds(wait)));
  return state_->Fetch(message, request.wait_for_version > 0 ? wait : absl::ZeroDuration());
}

absl::Status GrpcLearnerClient::RenewLease(uint64_t lease) {
  wire::LeaseRequest request;
  request.set_lease(lease);
  wire::LeaseResponse response;
  const auto open = [](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->RenewLease(context);
  };
  return state_->Ask(open, request, &response);
}

absl::Status GrpcLearnerClient::Leave(const LeaveRequest& request) {
  return state_->Leave(EncodeLeaveRequest(request));
}

absl::StatusOr<LearnerStatus> GrpcLearnerClient::GetStatus() {
  wire::StatusResponse response;
  const auto open = [](wire::Learner::Stub* stub, grpc::ClientContext* context) {
    return stub->GetStatus(context);
  };
  NYALA_RETURN_IF_ERROR(state_->Ask(open, wire::StatusRequest(), &response));
  return DecodeStatus(response);
}

void GrpcLearnerClient::Shutdown() { state_->Shutdown(); }

}  // namespace nyala
