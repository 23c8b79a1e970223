#include "common/wire/client/client_fetch.h"

#include <chrono>
#include <utility>

#include "common/base/status_macros.h"
#include "common/wire/codec/codec.h"
#include "common/wire/credentials.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"

namespace nyala {

FetchCall::FetchCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
                     ClientCalls* calls)
    : calls_(calls), stub_(wire::Learner::NewStub(channel)) {
  if (!token.empty()) context_.AddMetadata(kTokenHeader, BearerOf(token));
  // The call begins with its request, in one go.
  context_.set_initial_metadata_corked(true);
  calls_->Add(&context_);
}

FetchCall::~FetchCall() {
  calls_->Remove(&context_);
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool FetchCall::Done(absl::Duration patience) {
  void* tag = nullptr;
  bool ok = false;
  const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience);
  if (queue_.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) return ok;
  late_ = true;
  context_.TryCancel();
  queue_.Next(&tag, &ok);
  return false;
}

absl::Status FetchCall::ReadAll(absl::Duration first_patience, absl::Duration patience) {
  ParameterCollector collected;
  absl::Duration limit = first_patience;
  while (!collected.complete()) {
    wire::ParametersMessage message;
    call_->Read(&message, nullptr);
    if (!Done(limit)) return Status();
    NYALA_RETURN_IF_ERROR(collected.Add(message));
    limit = patience;
  }
  snapshot_ = collected.Take();
  return absl::OkStatus();
}

absl::Status FetchCall::Status() {
  grpc::Status status;
  call_->Finish(&status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  // The call is over: this does not wait for the learner.
  queue_.Next(&tag, &ok);
  if (calls_->shut_down()) return absl::CancelledError("the client was shut down");
  if (late_) return absl::UnavailableError("no part of the parameters came in time");
  return FromGrpcStatus(status);
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchCall::Run(
    const wire::FetchRequest& request, absl::Duration first_patience, absl::Duration patience) {
  call_ = stub_->PrepareAsyncFetchParameters(&context_, &queue_);
  // Corked, so that it starts with the request and completes with it.
  call_->StartCall(nullptr);
  call_->WriteLast(request, grpc::WriteOptions(), nullptr);
  if (!Done(first_patience)) return Status();
  const absl::Status read = ReadAll(first_patience, patience);
  if (!read.ok()) return read;
  return snapshot_;
}

}  // namespace nyala
