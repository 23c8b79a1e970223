#include "common/wire/fetch_reactor.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "common/wire/codec.h"
#include "common/wire/grpc_status.h"

namespace nyala {

FetchReactor::FetchReactor(ServiceCore& core, grpc::ByteBuffer* response)
    : core_(core), response_(response) {}

void FetchReactor::Begin(const absl::Status& admitted, const grpc::ByteBuffer& request) {
  if (absl::Status why = core_.calls.why(); !why.ok()) return End(why);
  if (!admitted.ok()) return End(admitted);
  grpc::ByteBuffer bytes = request;
  if (!FromBytes(&bytes, &request_)) {
    return End(absl::InvalidArgumentError("the bytes are no FetchRequest"));
  }
  auto snapshot = core_.endpoint.FetchParameters(request_.incarnation(), request_.have_version(), 0,
                                                 absl::ZeroDuration());
  if (!snapshot.ok()) return End(snapshot.status());
  const uint64_t have = request_.have_version();
  const uint64_t newest = *snapshot == nullptr ? have : (*snapshot)->version;
  // A snapshot that is not newer comes from another incarnation, whose versions begin again: there
  // is nothing to wait for.
  if (newest < request_.wait_for_version() && (*snapshot == nullptr || newest > have)) {
    return Wait();
  }
  Reply(*std::move(snapshot));
}

void FetchReactor::Wait() {
  const double seconds = request_.wait_milliseconds() / 1000.0;
  if (core_.waiters.Add(this, request_.wait_for_version(), seconds)) return;
  const absl::Status why = core_.calls.why();
  End(!why.ok() ? why : absl::UnavailableError("too many calls wait for a version"));
}

void FetchReactor::OnWaitEnd() {
  auto snapshot = core_.endpoint.FetchParameters(request_.incarnation(), request_.have_version(), 0,
                                                 absl::ZeroDuration());
  if (!snapshot.ok()) return End(snapshot.status());
  const bool awaited = *snapshot != nullptr && (*snapshot)->version >= request_.wait_for_version();
  Reply(awaited ? *std::move(snapshot) : nullptr);
}

void FetchReactor::Reply(std::shared_ptr<const ParameterSnapshot> snapshot) {
  *response_ = EncodeParameters(std::move(snapshot));
  const auto size = static_cast<int64_t>(response_->Length());
  if (size <= core_.options.max_message_bytes) return End(absl::OkStatus());
  response_->Clear();
  End(absl::FailedPreconditionError(absl::StrFormat(
      "the parameters are a message of %d bytes, above transport.max_message_bytes = %d", size,
      core_.options.max_message_bytes)));
}

void FetchReactor::End(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

void FetchReactor::Stop(const absl::Status& why) {
  if (core_.waiters.Remove(this)) End(why);
}

void FetchReactor::OnCancel() {
  if (core_.waiters.Remove(this)) End(absl::UnavailableError("the call was cancelled"));
}

void FetchReactor::OnDone() { core_.calls.Remove(this); }

}  // namespace nyala
