// Domain types <-> proto messages, all but unrolls (common/wire/codec/unroll_codec.h).
//
// Pure functions. Decoding never trusts its input: InvalidArgument names the field.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/wire/learner_endpoint.h"
#include "common/wire/learner_status.h"
#include "nyala/learner.pb.h"

namespace nyala {

wire::JoinRequest EncodeJoinRequest(const JoinRequest& request);
// FailedPrecondition, naming both, when the peer is of another build (common/wire/schema.h).
absl::StatusOr<JoinRequest> DecodeJoinRequest(const wire::JoinRequest& message);

wire::LeaveRequest EncodeLeaveRequest(const LeaveRequest& request);
LeaveRequest DecodeLeaveRequest(const wire::LeaveRequest& message);

wire::JoinResponse EncodeJoinReply(const JoinReply& reply);
// As DecodeJoinRequest.
absl::StatusOr<JoinReply> DecodeJoinReply(const wire::JoinResponse& message);

wire::UnrollAck EncodeAck(uint64_t sequence, const SubmitReply& reply);
absl::StatusOr<SubmitReply> DecodeAck(const wire::UnrollAck& message);

wire::StatusResponse EncodeStatus(const LearnerStatus& status);
LearnerStatus DecodeStatus(const wire::StatusResponse& message);

// A snapshot as the bytes of one ParametersMessage or more; nullptr gives one, "not modified". The
// values are not copied: the buffers share the snapshot, so that any number of replies cost no more
// memory than one.
class ParameterParts {
 public:
  // Parts of at most `most_bytes` of values each.
  ParameterParts(std::shared_ptr<const ParameterSnapshot> snapshot, int64_t most_bytes);
  // There is always a first one.
  bool done() const { return begun_ && sent_ == total_; }
  grpc::ByteBuffer Next();

 private:
  const std::shared_ptr<const ParameterSnapshot> snapshot_;
  const size_t total_;
  const size_t most_;
  size_t sent_ = 0;
  bool begun_ = false;
};

// The other end: messages back into a snapshot. Memory grows with what has come.
class ParameterCollector {
 public:
  // InvalidArgument: no continuation of what came before.
  absl::Status Add(const wire::ParametersMessage& message);
  bool complete() const { return complete_; }
  // Once complete; nullptr when not modified.
  std::shared_ptr<const ParameterSnapshot> Take() { return std::move(snapshot_); }

 private:
  std::shared_ptr<ParameterSnapshot> snapshot_;
  size_t total_ = 0;
  size_t received_ = 0;
  bool complete_ = false;
};

// Any small message from and to gRPC's bytes.
grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);
bool FromBytes(grpc::ByteBuffer* bytes, google::protobuf::MessageLite* message);

}  // namespace nyala
