#include "common/wire/server/fetch_reactor.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "nyala/learner.pb.h"

namespace nyala {
namespace {

// Values of one message: progress is seen on a link of some tens of kB a second, too.
constexpr int64_t kPartBytes = 1 << 20;

// Longest wait of one call: whoever asks again is asked for its lease again.
constexpr double kMostWaitSeconds = 30;

}  // namespace

void FetchReactor::OnRequest(grpc::ByteBuffer* request) {
  wire::FetchRequest message;
  if (!FromBytes(request, &message)) {
    return LockAndEnd(absl::InvalidArgumentError("the bytes are no FetchRequest"));
  }
  wanted_.lease = message.lease();
  wanted_.incarnation = message.incarnation();
  wanted_.have_version = message.have_version();
  wait_seconds_ = std::min(message.wait_milliseconds() / 1000.0, kMostWaitSeconds);
  const uint64_t wait_for = message.wait_for_version();
  auto snapshot = Fetch();
  if (!snapshot.ok()) return LockAndEnd(snapshot.status());
  const uint64_t have = wanted_.have_version;
  const uint64_t newest = *snapshot == nullptr ? have : (*snapshot)->version;
  // A snapshot that is not newer comes from another incarnation, whose versions begin again: there
  // is nothing to wait for.
  if (newest < wait_for && (*snapshot == nullptr || newest > have)) {
    wanted_.wait_for_version = wait_for;
    return Wait();
  }
  Reply(*std::move(snapshot));
}

// Never waits: that is done here.
absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchReactor::Fetch() {
  ParameterRequest now = wanted_;
  now.wait_for_version = 0;
  return core_.endpoint.FetchParameters(now, absl::ZeroDuration());
}

void FetchReactor::Wait() {
  if (core_.waiters.Add(this, wanted_.lease, wanted_.wait_for_version, wait_seconds_)) return;
  const absl::Status why = core_.calls.why();
  LockAndEnd(!why.ok() ? why : absl::UnavailableError("too many calls wait for a version"));
}

void FetchReactor::OnWaitEnd() {
  auto snapshot = Fetch();
  if (!snapshot.ok()) return LockAndEnd(snapshot.status());
  const bool awaited = *snapshot != nullptr && (*snapshot)->version >= wanted_.wait_for_version;
  Reply(awaited ? *std::move(snapshot) : nullptr);
}

void FetchReactor::Reply(std::shared_ptr<const ParameterSnapshot> snapshot) {
  // Half of what a message may have, for whoever set the limit below our parts.
  const int64_t most = std::min(kPartBytes, core_.options.max_message_bytes / 2);
  MutexLock lock(mu_);
  parts_.emplace(std::move(snapshot), most);
  SendNext();
}

void FetchReactor::SendNext() {
  part_ = parts_->Next();
  sent_at_ = MonotonicSeconds();
  if (parts_->done()) {
    AnswerBegins();
    StartWriteAndFinish(&part_, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&part_);
  }
}

void FetchReactor::OnWriteDone(bool ok) {
  MutexLock lock(mu_);
  // The last one was sent together with the end.
  if (parts_->done()) return;
  if (!stop_.ok()) return End(stop_);
  if (!ok) return End(absl::UnavailableError("the call was cancelled"));
  SendNext();
}

void FetchReactor::LockAndEnd(const absl::Status& status) {
  MutexLock lock(mu_);
  End(status);
}

void FetchReactor::StopHandling(const absl::Status& why) {
  // Else it is being answered, and ends with the part that is under way.
  if (core_.waiters.Remove(this)) LockAndEnd(why);
}

void FetchReactor::TickHandling(double now) {
  MutexLock lock(mu_);
  if (parts_ && now > sent_at_ + core_.options.call_timeout_seconds) context_->TryCancel();
}

void FetchReactor::OnCancel() {
  if (core_.waiters.Remove(this)) LockAndEnd(absl::UnavailableError("the call was cancelled"));
}

}  // namespace nyala
