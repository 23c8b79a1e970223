// Unrolls on the wire: UnrollView <-> the bytes of an UnrollMessage.
//
// Encoding copies the tensors once, into one slice that gRPC, and a later resend, share by
// reference. Decoding copies them once, out of gRPC's slices into memory that the decoder reuses.
// The bytes are those of the protobuf message, whatever the peer wrote them with.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/unroll.h"

namespace nyala {

namespace wire {
class UnrollMessage;
}

grpc::ByteBuffer EncodeUnroll(const UnrollView& unroll);

// Checks that every tensor has the dtype, shape and size that the others imply; an InvalidArgument
// names the field. Whether values make sense is ValidateUnroll's business. The view borrows from
// `message` and appends to `episodes`, which it borrows as well.
absl::StatusOr<UnrollView> ViewOf(const wire::UnrollMessage& message,
                                  std::vector<EpisodeResult>* episodes);

// Decodes one unroll after the other into the same memory. Not thread-safe.
class UnrollDecoder {
 public:
  UnrollDecoder();
  ~UnrollDecoder();
  // The view holds until the next Decode. InvalidArgument: these bytes are no unroll.
  absl::StatusOr<UnrollView> Decode(grpc::ByteBuffer* bytes);

 private:
  const std::unique_ptr<wire::UnrollMessage> message_;
  std::vector<EpisodeResult> episodes_;
};

}  // namespace nyala
