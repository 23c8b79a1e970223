#include "common/wire/grpc_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/wire/protocol.h"

namespace nyala {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = absl::IsCancelled(status) ? grpc::StatusCode::ABORTED
                                              : static_cast<grpc::StatusCode>(status.raw_code());
  const bool full = absl::IsResourceExhausted(status);
  return grpc::Status(code, std::string(status.message()), full ? kFullDetails : "");
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  const std::string& message = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::ABORTED:
      return absl::CancelledError(message);
    case grpc::StatusCode::CANCELLED:
      // The library has no other words for it than the name of the code.
      return absl::UnavailableError(message == "CANCELLED" ? "the learner ended the call"
                                                           : message);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(message);
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (status.error_details() == kFullDetails) return absl::ResourceExhaustedError(message);
      if (absl::StrContains(message, "transport.max_message_bytes")) {
        return absl::FailedPreconditionError(message);
      }
      // The library's own message gives the sizes but not the cure.
      if (absl::StrContains(message, "larger than max")) {
        return absl::FailedPreconditionError(
            absl::StrCat(message, "; the limit is transport.max_message_bytes"));
      }
      // A learner whose memory for messages is used up ends streams; theirs is to try again.
      return absl::UnavailableError(absl::StrCat(
          "the learner has no memory left for messages (transport.memory_bytes): ", message));
    default:
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()), message);
  }
}

}  // namespace nyala
