#include "common/wire/server/unroll_reactor.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/base/counted.h"
#include "common/base/status_macros.h"
#include "common/wire/codec/codec.h"
#include "common/wire/codec/unroll_codec.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"

namespace nyala {
namespace {

// A stream that ends because the run is over ends well.
grpc::Status StreamStatus(const absl::Status& status) {
  return absl::IsCancelled(status) ? grpc::Status::OK : ToGrpcStatus(status);
}

}  // namespace

UnrollReactor::UnrollReactor(ServiceCore& core, grpc::CallbackServerContext* context)
    : core_(core), context_(context), place_(core.streams, core.options.max_streams) {}

void UnrollReactor::Begin(const absl::Status& admitted) {
  MutexLock lock(mu_);
  if (!stop_.ok()) return End(stop_);
  if (!admitted.ok()) return End(admitted);
  if (!place_.taken()) {
    return End(absl::ResourceExhaustedError(
        absl::StrFormat("the learner serves %s already, its limit (transport.max_streams)",
                        Counted(core_.options.max_streams, "rollout thread"))));
  }
  if (absl::Status named = ReadSender(); !named.ok()) return End(named);
  core_.control.Post([this] { Open(); });
}

absl::Status UnrollReactor::ReadSender() {
  const auto& metadata = context_->client_metadata();
  const auto value = [&](const char* name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? absl::string_view()
                                   : absl::string_view(found->second.data(), found->second.size());
  };
  const char* bad = nullptr;
  if (!absl::SimpleHexAtoi(value(kLeaseHeader), &lease_)) bad = kLeaseHeader;
  if (!absl::SimpleAtoi(value(kThreadHeader), &thread_)) bad = kThreadHeader;
  if (bad == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("the stream's metadata '%s' is missing or no number", bad));
}

void UnrollReactor::Open() {
  auto stream = core_.endpoint.OpenUnrollStream(lease_, thread_);
  MutexLock lock(mu_);
  if (!stream.ok()) return End(stream.status());
  stream_ = *std::move(stream);
  if (!stop_.ok()) return End(stop_);
  context_->AddInitialMetadata(kOpenHeader, "1");
  StartSendInitialMetadata();
  busy_ = false;
  Read();
}

void UnrollReactor::Stop(const absl::Status& why) {
  MutexLock lock(mu_);
  if (stop_.ok()) stop_ = why;
  if (!busy_ && !ended_) End(stop_);
}

void UnrollReactor::Tick(double) {
  MutexLock lock(mu_);
  if (busy_ || ended_ || !stop_.ok() || stream_ == nullptr) return;
  if (const absl::Status standing = stream_->Standing(); !standing.ok()) End(standing);
}

void UnrollReactor::Cancel() {
  MutexLock lock(mu_);
  if (!done_) context_->TryCancel();
}

void UnrollReactor::Read() { StartRead(&read_); }

void UnrollReactor::OnReadDone(bool ok) {
  MutexLock lock(mu_);
  if (ended_) return;
  if (ok) {
    have_read_ = true;
    return Advance();
  }
  OnPeerGone();
  if (!busy_) End(stop_);
}

void UnrollReactor::OnPeerGone() {
  if (!stop_.ok()) return;
  peer_gone_ = true;
  stop_ = absl::UnavailableError("the actor closed the stream");
}

void UnrollReactor::Advance() {
  if (busy_ || !have_read_ || !stop_.ok()) return;
  busy_ = true;
  have_read_ = false;
  admitting_.Swap(&read_);
  Read();
  core_.ingest.Post([this] { Admit(); });
}

void UnrollReactor::Admit() {
  uint64_t sequence = 0;
  const absl::StatusOr<SubmitReply> reply = Submit(&sequence);
  MutexLock lock(mu_);
  if (!reply.ok()) return End(reply.status());
  next_ack_ = ToBytes(EncodeAck(sequence, *reply));
  have_next_ack_ = true;
  if (!writing_) Acknowledge();
}

void UnrollReactor::Acknowledge() {
  ack_ = next_ack_;
  have_next_ack_ = false;
  busy_ = false;
  if (stop_.ok()) {
    writing_ = true;
    StartWrite(&ack_);
    Advance();
  } else {
    ended_ = true;
    StartWriteAndFinish(&ack_, grpc::WriteOptions(), StreamStatus(stop_));
  }
}

absl::StatusOr<SubmitReply> UnrollReactor::Submit(uint64_t* sequence) {
  // One for each ingest thread, whose memory every stream's unrolls pass through.
  thread_local UnrollDecoder decoder;
  absl::StatusOr<UnrollView> unroll = decoder.Decode(&admitting_);
  admitting_.Clear();
  if (!unroll.ok()) return unroll.status();
  *sequence = unroll->id.sequence;
  return stream_->Submit(*unroll);
}

void UnrollReactor::OnWriteDone(bool ok) {
  MutexLock lock(mu_);
  writing_ = false;
  if (ended_) return;
  if (!ok) OnPeerGone();
  if (have_next_ack_) {
    Acknowledge();
  } else if (!busy_ && !stop_.ok()) {
    End(stop_);
  }
}

void UnrollReactor::End(const absl::Status& status) {
  stop_ = status;
  busy_ = false;
  // An ack on its way goes first; OnWriteDone comes back here.
  if (writing_) return;
  ended_ = true;
  Finish(StreamStatus(status));
}

void UnrollReactor::OnDone() {
  absl::Status why;
  {
    // Whoever finished the call still holds the lock for a moment.
    MutexLock lock(mu_);
    why = stop_;
    // Whoever only closes its side waits for our answer.
    if (peer_gone_ && context_->IsCancelled()) {
      why = absl::UnavailableError("its connection was lost");
    }
    done_ = true;
  }
  if (stream_ != nullptr) {
    core_.control.Post([this, why] {
      stream_->OnEnd(why);
      core_.calls.Remove(this);
    });
  } else {
    core_.calls.Remove(this);
  }
}

}  // namespace nyala
