// Domain types <-> proto messages, all but unrolls (common/wire/unroll_codec.h).
//
// Pure functions. Decoding never trusts its input: InvalidArgument names the field.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/wire/learner_endpoint.h"
#include "common/wire/learner_status.h"
#include "nyala/learner.pb.h"

namespace nyala {

wire::JoinRequest EncodeJoinRequest(const JoinRequest& request);
// FailedPrecondition, naming both, when the peer is of another build (common/wire/schema.h).
absl::StatusOr<JoinRequest> DecodeJoinRequest(const wire::JoinRequest& message);

wire::JoinResponse EncodeJoinReply(const JoinReply& reply);
// As DecodeJoinRequest.
absl::StatusOr<JoinReply> DecodeJoinReply(const wire::JoinResponse& message);

wire::UnrollAck EncodeAck(uint64_t sequence, const SubmitReply& reply);
absl::StatusOr<SubmitReply> DecodeAck(const wire::UnrollAck& message);

wire::StatusResponse EncodeStatus(const LearnerStatus& status);
LearnerStatus DecodeStatus(const wire::StatusResponse& message);

// The bytes of a ParametersMessage; nullptr gives "not modified". The values are not copied: the
// buffer shares the snapshot, so that any number of replies cost no more than one.
grpc::ByteBuffer EncodeParameters(std::shared_ptr<const ParameterSnapshot> snapshot);
// nullptr when not modified.
absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> DecodeParameters(
    const wire::ParametersMessage& message);

// Any small message from and to gRPC's bytes.
grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);
bool FromBytes(grpc::ByteBuffer* bytes, google::protobuf::MessageLite* message);

}  // namespace nyala
