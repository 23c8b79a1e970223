#include "common/wire/client/client_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/wire/codec/codec.h"
#include "common/wire/codec/unroll_codec.h"
#include "common/wire/credentials.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"
#include "nyala/learner.pb.h"

namespace nyala {
namespace {

constexpr char kMethod[] = "/nyala.wire.Learner/StreamUnrolls";

// What a completion is of.
enum Operation : intptr_t { kStart = 1, kMetadata, kRead, kWrite, kFinish };
void* Tag(Operation operation) { return reinterpret_cast<void*>(operation); }

}  // namespace

GrpcUnrollStream::GrpcUnrollStream(Options options, std::shared_ptr<ClientCalls> calls,
                                   std::shared_ptr<UnackedUnrolls> unacked)
    : options_(std::move(options)),
      calls_(std::move(calls)),
      store_(std::move(unacked)),
      stub_(options_.channel) {
  if (!options_.token.empty()) context_.AddMetadata(kTokenHeader, BearerOf(options_.token));
  context_.AddMetadata(kLeaseHeader, absl::StrCat(absl::Hex(options_.lease)));
  context_.AddMetadata(kThreadHeader, absl::StrCat(options_.thread));
  calls_->Add(&context_);
  call_ = stub_.PrepareCall(&context_, kMethod, &queue_);
  call_->StartCall(Tag(kStart));
  starting_ = true;
}

GrpcUnrollStream::~GrpcUnrollStream() {
  if (!closed_) {
    context_.TryCancel();
    Close();
  }
  calls_->Remove(&context_);
  queue_.Shutdown();
  while (Advance()) {
  }
}

absl::Status GrpcUnrollStream::Open() {
  unacked_ = store_->Take(options_.thread);
  NYALA_RETURN_IF_ERROR(AwaitOpen());
  StartRead();
  // A copy: acks that come in meanwhile shorten the queue.
  const PendingUnrolls again = unacked_;
  for (const PendingUnroll& unroll : again) NYALA_RETURN_IF_ERROR(Send(unroll.bytes));
  return absl::OkStatus();
}

absl::Status GrpcUnrollStream::AwaitOpen() {
  const auto deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_millis(static_cast<int64_t>(options_.open_timeout_seconds * 1000),
                                        GPR_TIMESPAN));
  while (starting_ && Advance(deadline)) {
  }
  if (!starting_ && !broken_) {
    call_->ReadInitialMetadata(Tag(kMetadata));
    starting_ = true;
    while (starting_ && Advance(deadline)) {
    }
  }
  if (starting_) {
    context_.TryCancel();
  } else if (!broken_ && context_.GetServerInitialMetadata().count(kOpenHeader) > 0) {
    return absl::OkStatus();
  }
  // Without the learner's word the call is over or ends by our cancellation.
  Close();
  return end_;
}

absl::StatusOr<SubmitReply> GrpcUnrollStream::Submit(const UnrollView& unroll) {
  if (!end_.ok()) return end_;
  grpc::ByteBuffer bytes = EncodeUnroll(unroll);
  const auto size = static_cast<int64_t>(bytes.Length());
  if (size > options_.max_message_bytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "an unroll is a message of %d bytes, above transport.max_message_bytes = %d; raise it, or "
        "lower batch.unroll_length or actor.envs_per_thread",
        size, options_.max_message_bytes));
  }
  unacked_.push_back({unroll.id.sequence, bytes});
  if (absl::Status status = Send(bytes); !status.ok()) return status;
  while (!broken_ && unacked_.size() > options_.window) Advance();
  while (!broken_ && Advance(gpr_time_0(GPR_CLOCK_MONOTONIC))) {
  }
  if (broken_) {
    Close();
    return end_;
  }
  return newest_;
}

absl::Status GrpcUnrollStream::Send(const grpc::ByteBuffer& bytes) {
  call_->Write(bytes, Tag(kWrite));
  writing_ = true;
  while (writing_ && !broken_) Advance();
  if (broken_) Close();
  return end_;
}

void GrpcUnrollStream::StartRead() {
  call_->Read(&ack_, Tag(kRead));
  reading_ = true;
}

bool GrpcUnrollStream::Advance() { return Advance(gpr_inf_future(GPR_CLOCK_MONOTONIC)); }

bool GrpcUnrollStream::Advance(gpr_timespec deadline) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
  if (tag == Tag(kStart) || tag == Tag(kMetadata)) starting_ = false;
  if (tag == Tag(kWrite)) writing_ = false;
  if (tag == Tag(kRead)) reading_ = false;
  if (tag == Tag(kFinish)) closed_ = true;
  if (!ok) broken_ = true;
  if (tag == Tag(kRead) && ok) OnAck();
  return true;
}

void GrpcUnrollStream::OnAck() {
  wire::UnrollAck ack;
  const bool decoded = FromBytes(&ack_, &ack);
  const auto reply = decoded ? DecodeAck(ack) : absl::InvalidArgumentError("no UnrollAck");
  if (!reply.ok() || unacked_.empty() || unacked_.front().sequence != ack.sequence()) {
    // A learner that answers what was not asked: nothing it says can be relied on.
    end_ = absl::IsFailedPrecondition(reply.status())
               ? reply.status()
               : absl::InternalError("the learner sent an ack that fits no unroll");
    broken_ = true;
    context_.TryCancel();
    return;
  }
  unacked_.pop_front();
  newest_ = *reply;
  StartRead();
}

void GrpcUnrollStream::Close() {
  // A read fails only after the acks that came before it.
  while (starting_ || reading_ || writing_) Advance();
  grpc::Status status;
  call_->Finish(&status, Tag(kFinish));
  while (!closed_) Advance();
  if (end_.ok()) end_ = CloseStatus(status);
  // A stream that found no place still has what an earlier one left.
  if (absl::IsUnavailable(end_) || absl::IsResourceExhausted(end_)) {
    store_->Keep(options_.incarnation, options_.actor, options_.thread, std::move(unacked_));
  }
}

absl::Status GrpcUnrollStream::CloseStatus(const grpc::Status& status) const {
  if (calls_->shut_down()) return absl::CancelledError("the client was shut down");
  // We never close our side of a stream first: only the end of the run ends one well.
  if (status.ok()) return absl::CancelledError("the run is over");
  return FromGrpcStatus(status);
}

}  // namespace nyala
