#include "common/wire/client/environment_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/exception_text.h"
#include "common/base/status_macros.h"
#include "common/wire/address.h"
#include "common/wire/channel_options.h"
#include "common/wire/codec/environment_codec.h"
#include "common/wire/credentials.h"
#include "common/wire/protocol.h"
#include "nyala/environment.grpc.pb.h"

namespace nyala {
namespace {

// A server may just be starting, or starting again.
constexpr auto kConnectLimit = std::chrono::seconds(5);
// Bytes of a message beyond its arrays.
constexpr int64_t kMessageSlack = 1 << 20;
constexpr int64_t kMostRowBytes = 1 << 30;

// What a completion is of.
enum Operation : intptr_t { kStart = 1, kRead, kWrite, kFinish };
void* Tag(Operation operation) { return reinterpret_cast<void*>(operation); }

using Clock = std::chrono::system_clock;

absl::Status CheckSize(absl::string_view field, size_t size, int64_t wanted) {
  if (size == static_cast<size_t>(wanted)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "the server sent %d bytes of '%s' where its spec makes it %d", size, field, wanted));
}

template <typename T>
void CopyTo(T* to, const std::string& from) {
  std::memcpy(to, from.data(), from.size());
}

}  // namespace

class EnvironmentClient::State {
 public:
  State(const EnvironmentClientOptions& options, int64_t E) : options_(options), E_(E) {}

  ~State() {
    if (stream_ != nullptr && !finished_) {
      context_.TryCancel();
      Finish();
    }
    queue_.Shutdown();
    while (Advance(Forever())) {
    }
  }

  // Accepts messages with arrays of so many bytes.
  absl::Status Connect(int64_t bytes) {
    NYALA_ASSIGN_OR_RETURN(const Address address, ParseAddress(options_.address));
    NYALA_ASSIGN_OR_RETURN(const auto credentials,
                           ChannelCredentialsFor(address, options_.security));
    QuietLibraryLog();
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(bytes + kMessageSlack));
    arguments.SetMaxSendMessageSize(-1);
    // A web proxy is no way to a simulator.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(address.text(), credentials, arguments);
    stub_ = wire::EnvironmentService::NewStub(channel);
    if (channel->WaitForConnected(std::min(Deadline(), Clock::now() + kConnectLimit))) {
      return absl::OkStatus();
    }
    return absl::UnavailableError(absl::StrFormat("no server answers at %s", address.text()));
  }

  absl::Status Describe() {
    grpc::ClientContext context;
    Prepare(&context);
    if (options_.timeout_seconds > 0) context.set_deadline(Deadline());
    wire::DescribeRequest request;
    request.set_name(options_.name);
    wire::EnvironmentSpec message;
    const grpc::Status status = stub_->Describe(&context, request, &message);
    if (!status.ok()) return Explain(status);
    NYALA_ASSIGN_OR_RETURN(spec_, DecodeEnvSpec(message));
    if (RowBytes() <= kMostRowBytes) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrFormat("%d of these environments make messages of more than 1 GiB", E_));
  }

  // Bytes of all that one reply holds.
  int64_t RowBytes() const { return E_ * (spec_.observation.bytes() + 6); }

  const EnvSpec& spec() const { return spec_; }

  absl::Status Step(const EnvironmentStep& step) {
    const bool first = stream_ == nullptr;
    Fill(step, first);
    if (first) Open();
    NYALA_RETURN_IF_ERROR(Exchange());
    if (first) NYALA_RETURN_IF_ERROR(CheckSameSpec());
    return TakeReply(step);
  }

 private:
  void Prepare(grpc::ClientContext* context) const {
    const std::string& token = options_.security.token;
    if (!token.empty()) context->AddMetadata(kTokenHeader, BearerOf(token));
  }

  static Clock::time_point Forever() { return Clock::time_point::max(); }
  Clock::time_point Deadline() const {
    if (options_.timeout_seconds <= 0) return Forever();
    return Clock::now() +
           std::chrono::milliseconds(static_cast<int64_t>(options_.timeout_seconds * 1e3) + 1);
  }

  void Fill(const EnvironmentStep& step, bool first) {
    const auto assign = [](std::string* to, const void* from, int64_t bytes) {
      to->assign(static_cast<const char*>(from), bytes);
    };
    request_.clear_name();
    request_.clear_environments();
    if (first) {
      request_.set_name(options_.name);
      request_.set_environments(static_cast<uint32_t>(E_));
    }
    assign(request_.mutable_resets(), step.resets, E_);
    assign(request_.mutable_seeds(), step.seeds, E_ * sizeof(uint64_t));
    assign(request_.mutable_actions(), step.actions, first ? 0 : E_ * spec_.action.bytes());
  }

  void Open() {
    Prepare(&context_);
    stream_ = stub_->PrepareAsyncPlay(&context_, &queue_);
    stream_->StartCall(Tag(kStart));
    starting_ = true;
  }

  // One message each way. Also where the call has failed, all completions are collected, or the
  // stream could not be destroyed.
  absl::Status Exchange() {
    const Clock::time_point deadline = Deadline();
    while (starting_ && Advance(deadline)) {
    }
    if (!starting_ && !broken_) {
      writing_ = reading_ = true;
      stream_->Write(request_, Tag(kWrite));
      stream_->Read(&reply_, Tag(kRead));
      while ((writing_ || reading_) && !broken_ && Advance(deadline)) {
      }
    }
    if (!starting_ && !writing_ && !reading_ && !broken_) return absl::OkStatus();
    const bool late = !broken_;
    if (late) context_.TryCancel();
    const grpc::Status status = Finish();
    return late ? Late() : Explain(status);
  }

  // Takes one completion; false when there is none until `deadline`, or never again.
  bool Advance(Clock::time_point deadline) {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
    if (tag == Tag(kStart)) starting_ = false;
    if (tag == Tag(kWrite)) writing_ = false;
    if (tag == Tag(kRead)) reading_ = false;
    if (tag == Tag(kFinish)) finished_ = true;
    if (!ok) broken_ = true;
    return true;
  }

  grpc::Status Finish() {
    grpc::Status status;
    while (starting_ || writing_ || reading_) Advance(Forever());
    stream_->Finish(&status, Tag(kFinish));
    while (!finished_) Advance(Forever());
    return status;
  }

  absl::Status Late() const {
    return absl::DeadlineExceededError(
        absl::StrFormat("the server did not answer within %g s (environment.step_timeout_seconds)",
                        options_.timeout_seconds));
  }

  absl::Status Explain(const grpc::Status& status) const {
    // May be a traceback.
    const std::string words = OneLine(status.error_message());
    switch (status.error_code()) {
      case grpc::StatusCode::OK:
        return absl::InvalidArgumentError("the server ended the stream");
      case grpc::StatusCode::UNAVAILABLE:
        return absl::UnavailableError(absl::StrCat("the server went away (", words, ")"));
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        return Late();
      case grpc::StatusCode::UNIMPLEMENTED:
        return absl::UnimplementedError(
            absl::StrCat("the server does not offer nyala.wire.EnvironmentService (", words, ")"));
      default:
        return absl::InternalError(absl::StrCat("the server says: ", words));
    }
  }

  absl::Status CheckSameSpec() {
    NYALA_ASSIGN_OR_RETURN(const EnvSpec now, DecodeEnvSpec(reply_.spec()));
    const std::string before = EncodeEnvSpec(spec_).SerializeAsString();
    if (EncodeEnvSpec(now).SerializeAsString() == before) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "the spec in the server's first reply is not the one that it described before");
  }

  absl::Status TakeReply(const EnvironmentStep& step) {
    NYALA_RETURN_IF_ERROR(
        CheckSize("observations", reply_.observations().size(), E_ * spec_.observation.bytes()));
    NYALA_RETURN_IF_ERROR(CheckSize("rewards", reply_.rewards().size(), E_ * sizeof(float)));
    NYALA_RETURN_IF_ERROR(CheckSize("terminated", reply_.terminated().size(), E_));
    NYALA_RETURN_IF_ERROR(CheckSize("truncated", reply_.truncated().size(), E_));
    CopyTo(step.observations, reply_.observations());
    CopyTo(step.rewards, reply_.rewards());
    CopyTo(step.terminated, reply_.terminated());
    CopyTo(step.truncated, reply_.truncated());
    return absl::OkStatus();
  }

  const EnvironmentClientOptions options_;
  const int64_t E_;
  EnvSpec spec_;
  std::unique_ptr<wire::EnvironmentService::Stub> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<wire::PlayRequest, wire::PlayReply>> stream_;
  wire::PlayRequest request_;
  wire::PlayReply reply_;
  bool starting_ = false, writing_ = false, reading_ = false, finished_ = false;
  // An operation failed: the call is over, and its status waits to be collected.
  bool broken_ = false;
};

EnvironmentClient::EnvironmentClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
EnvironmentClient::~EnvironmentClient() = default;

absl::StatusOr<std::unique_ptr<EnvironmentClient>> EnvironmentClient::Create(
    const EnvironmentClientOptions& options, int64_t E) {
  auto state = std::make_unique<State>(options, E);
  NYALA_RETURN_IF_ERROR(state->Connect(0));
  NYALA_RETURN_IF_ERROR(state->Describe());
  // What is sent can be bounded now that it is known.
  NYALA_RETURN_IF_ERROR(state->Connect(state->RowBytes()));
  return std::unique_ptr<EnvironmentClient>(new EnvironmentClient(std::move(state)));
}

const EnvSpec& EnvironmentClient::spec() const { return state_->spec(); }

absl::Status EnvironmentClient::Step(const EnvironmentStep& step) { return state_->Step(step); }

}  // namespace nyala
