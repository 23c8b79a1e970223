#include "common/wire/codec/codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/wire/protocol.h"
#include "common/wire/schema.h"

namespace nyala {
namespace {

using google::protobuf::io::CodedOutputStream;
using wire::ParametersMessage;

// Most rollout threads one actor process may have: bounds what a peer can make us allocate.
constexpr uint32_t kMaxThreads = 4096;

constexpr size_t kMostReason = 4096;

}  // namespace

wire::JoinRequest EncodeJoinRequest(const JoinRequest& request) {
  wire::JoinRequest message;
  const Build build = ThisBuild();
  message.set_protocol_version(build.protocol);
  message.set_build(build.name);
  message.set_schema(build.schema);
  message.set_actor_key(request.actor_key);
  message.set_host(request.host);
  message.set_pid(request.pid);
  message.set_threads(request.threads);
  message.set_envs_per_thread(request.envs_per_thread);
  message.set_only_ask(request.only_ask);
  return message;
}

absl::StatusOr<JoinRequest> DecodeJoinRequest(const wire::JoinRequest& message) {
  const Build actor = {message.build(), message.protocol_version(), message.schema()};
  NYALA_RETURN_IF_ERROR(CheckSameBuild(actor, ThisBuild()));
  NYALA_RETURN_IF_ERROR(CheckKnown(message, "the actor, " + Describe(actor) + ","));
  JoinRequest request;
  request.actor_key = message.actor_key();
  request.host = message.host();
  request.pid = message.pid();
  request.threads = message.threads();
  request.envs_per_thread = message.envs_per_thread();
  request.only_ask = message.only_ask();
  if (request.threads > kMaxThreads) {
    return absl::InvalidArgumentError(
        absl::StrFormat("threads: %d is more than %d", request.threads, kMaxThreads));
  }
  return request;
}

wire::LeaveRequest EncodeLeaveRequest(const LeaveRequest& request) {
  wire::LeaveRequest message;
  message.set_lease(request.lease);
  // Whatever an environment has said; the learner takes small requests only.
  message.set_reason(request.reason.substr(0, kMostReason));
  message.set_host(request.host);
  message.set_pid(request.pid);
  message.set_actor_key(request.actor_key);
  return message;
}

LeaveRequest DecodeLeaveRequest(const wire::LeaveRequest& message) {
  return {message.lease(), message.reason(), message.host(), message.pid(), message.actor_key()};
}

wire::JoinResponse EncodeJoinReply(const JoinReply& reply) {
  wire::JoinResponse message;
  const Build build = ThisBuild();
  message.set_build(build.name);
  message.set_schema(build.schema);
  message.set_run_id(reply.run_id);
  message.set_incarnation(reply.incarnation);
  message.set_actor(reply.actor);
  *message.mutable_config() = reply.config;
  message.set_threads(reply.threads);
  message.set_envs_per_thread(reply.envs_per_thread);
  message.set_first_environment(reply.first_environment);
  for (size_t thread = 0; thread < reply.resume_states.size(); ++thread) {
    wire::ActorState* state = message.add_resume();
    state->set_thread(static_cast<uint32_t>(thread));
    state->set_state(reply.resume_states[thread]);
  }
  message.set_want_resume_state(reply.want_resume_state);
  message.set_run_dir(reply.run_dir);
  message.set_lease(reply.lease);
  message.set_lease_seconds(reply.lease_seconds);
  message.set_continues(reply.continues);
  return message;
}

absl::StatusOr<JoinReply> DecodeJoinReply(const wire::JoinResponse& message) {
  // It took our protocol's version, or it would not have answered.
  const Build learner = {message.build(), kProtocolVersion, message.schema()};
  NYALA_RETURN_IF_ERROR(CheckSameBuild(ThisBuild(), learner));
  NYALA_RETURN_IF_ERROR(CheckKnown(message, "the learner, " + Describe(learner) + ","));
  JoinReply reply;
  reply.build = Describe(learner);
  reply.run_id = message.run_id();
  reply.incarnation = message.incarnation();
  reply.actor = message.actor();
  reply.config = message.config();
  reply.threads = message.threads();
  reply.envs_per_thread = message.envs_per_thread();
  reply.first_environment = message.first_environment();
  for (const wire::ActorState& state : message.resume()) {
    if (state.thread() >= kMaxThreads) {
      return absl::InvalidArgumentError(
          absl::StrFormat("resume: thread %d is more than %d", state.thread(), kMaxThreads));
    }
    if (reply.resume_states.size() <= state.thread()) {
      reply.resume_states.resize(state.thread() + 1);
    }
    reply.resume_states[state.thread()] = state.state();
  }
  reply.want_resume_state = message.want_resume_state();
  reply.run_dir = message.run_dir();
  reply.lease = message.lease();
  reply.lease_seconds = message.lease_seconds();
  reply.continues = message.continues();
  return reply;
}

wire::UnrollAck EncodeAck(uint64_t sequence, const SubmitReply& reply) {
  wire::UnrollAck message;
  message.set_sequence(sequence);
  switch (reply.verdict) {
    case UnrollVerdict::kAccepted:
      message.set_verdict(wire::UnrollAck::ACCEPTED);
      break;
    case UnrollVerdict::kDuplicate:
      message.set_verdict(wire::UnrollAck::DUPLICATE);
      break;
    case UnrollVerdict::kStale:
      message.set_verdict(wire::UnrollAck::STALE);
      break;
    case UnrollVerdict::kEnough:
      message.set_verdict(wire::UnrollAck::ENOUGH);
      break;
    case UnrollVerdict::kRefused:
      message.set_verdict(wire::UnrollAck::REFUSED);
      message.set_reason(reply.reason);
      break;
  }
  message.set_newest_version(reply.newest_version);
  return message;
}

absl::StatusOr<SubmitReply> DecodeAck(const wire::UnrollAck& message) {
  NYALA_RETURN_IF_ERROR(CheckKnown(message, "the learner"));
  SubmitReply reply;
  reply.newest_version = message.newest_version();
  switch (message.verdict()) {
    case wire::UnrollAck::ACCEPTED:
      reply.verdict = UnrollVerdict::kAccepted;
      return reply;
    case wire::UnrollAck::DUPLICATE:
      reply.verdict = UnrollVerdict::kDuplicate;
      return reply;
    case wire::UnrollAck::STALE:
      reply.verdict = UnrollVerdict::kStale;
      return reply;
    case wire::UnrollAck::ENOUGH:
      reply.verdict = UnrollVerdict::kEnough;
      return reply;
    case wire::UnrollAck::REFUSED:
      reply.verdict = UnrollVerdict::kRefused;
      reply.reason = message.reason();
      return reply;
    default:
      return absl::FailedPreconditionError(
          absl::StrFormat("the learner sent UnrollAck with verdict %d, which %s does not know: run "
                          "the same build on both",
                          message.verdict(), Describe(ThisBuild())));
  }
}

wire::StatusResponse EncodeStatus(const LearnerStatus& status) {
  wire::StatusResponse message;
  message.set_run_id(status.run_id);
  message.set_incarnation(status.incarnation);
  message.set_version(status.version);
  message.set_frames(status.frames);
  message.set_mean_return_100(status.mean_return_100);
  message.set_actors(status.actors);
  return message;
}

LearnerStatus DecodeStatus(const wire::StatusResponse& message) {
  return {message.run_id(), message.incarnation(),     message.version(),
          message.frames(), message.mean_return_100(), message.actors()};
}

ParameterParts::ParameterParts(std::shared_ptr<const ParameterSnapshot> snapshot,
                               int64_t most_bytes)
    : snapshot_(std::move(snapshot)),
      total_(snapshot_ == nullptr ? 0 : snapshot_->values.size() * sizeof(float)),
      most_(static_cast<size_t>(std::max<int64_t>(1, most_bytes))) {}

grpc::ByteBuffer ParameterParts::Next() {
  ParametersMessage head;
  if (!begun_ && snapshot_ != nullptr) {
    head.set_modified(true);
    head.set_version(snapshot_->version);
    head.set_layout(snapshot_->layout);
    head.set_frames(snapshot_->frames);
    head.set_values_bytes(total_);
  }
  begun_ = true;
  const size_t size = std::min(most_, total_ - sent_);
  if (size == 0) return ToBytes(head);
  std::string bytes = head.SerializeAsString();
  uint8_t tag_and_length[16];
  tag_and_length[0] = ParametersMessage::kValuesFieldNumber << 3 | 2;
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(size, tag_and_length + 1);
  bytes.append(reinterpret_cast<const char*>(tag_and_length), end - tag_and_length);

  using Owner = std::shared_ptr<const ParameterSnapshot>;
  auto* const values =
      reinterpret_cast<char*>(const_cast<float*>(snapshot_->values.data())) + sent_;
  auto* owner = new Owner(snapshot_);
  const grpc::Slice slices[] = {
      grpc::Slice(bytes),
      grpc::Slice(
          values, size, [](void* data) { delete static_cast<Owner*>(data); }, owner)};
  sent_ += size;
  return grpc::ByteBuffer(slices, 2);
}

absl::Status ParameterCollector::Add(const ParametersMessage& message) {
  NYALA_RETURN_IF_ERROR(CheckKnown(message, "the learner"));
  const std::string& values = message.values();
  if (snapshot_ == nullptr) {
    if (!message.modified()) {
      complete_ = true;
      return absl::OkStatus();
    }
    if (message.version() == 0) return absl::InvalidArgumentError("version: is 0");
    if (message.values_bytes() % sizeof(float) != 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("values: %d bytes are no float32 array", message.values_bytes()));
    }
    snapshot_ = std::make_shared<ParameterSnapshot>();
    snapshot_->version = message.version();
    snapshot_->layout = message.layout();
    snapshot_->frames = message.frames();
    total_ = message.values_bytes();
  }
  if (values.size() > total_ - received_ || (values.empty() && received_ < total_)) {
    return absl::InvalidArgumentError(absl::StrFormat("values: a part of %d bytes after %d of %d",
                                                      values.size(), received_, total_));
  }
  // Memory follows what has come, not what was announced.
  received_ += values.size();
  snapshot_->values.resize((received_ + sizeof(float) - 1) / sizeof(float));
  if (!values.empty()) {
    char* const to = reinterpret_cast<char*>(snapshot_->values.data());
    std::memcpy(to + received_ - values.size(), values.data(), values.size());
  }
  complete_ = received_ == total_;
  return absl::OkStatus();
}

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBytes(grpc::ByteBuffer* bytes, google::protobuf::MessageLite* message) {
  grpc::ProtoBufferReader reader(bytes);
  return reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
}

}  // namespace nyala
