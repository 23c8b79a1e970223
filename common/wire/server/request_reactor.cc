#include "common/wire/server/request_reactor.h"

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/wire/grpc_status.h"
#include "common/wire/protocol.h"

namespace nyala {

RequestReactor::RequestReactor(ServiceCore& core, grpc::CallbackServerContext* context)
    : core_(core), context_(context), place_(core.requests, core.options.max_waiting_calls) {}

void RequestReactor::Begin(const absl::Status& admitted) {
  MutexLock lock(mu_);
  if (!stop_.ok()) return End(stop_);
  if (!admitted.ok()) return End(admitted);
  if (!place_.taken()) return End(absl::UnavailableError("too many calls wait for the learner"));
  phase_ = Phase::kReading;
  begun_at_ = MonotonicSeconds();
  StartRead(&request_);
}

absl::Status RequestReactor::CheckRequest(bool ok) const {
  if (!ok) return absl::InvalidArgumentError("the call carries no request");
  const auto size = static_cast<int64_t>(request_.Length());
  if (size <= kSmallRequestBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "the request has %d bytes, more than the %d of any", size, kSmallRequestBytes));
}

void RequestReactor::OnReadDone(bool ok) {
  {
    MutexLock lock(mu_);
    if (phase_ != Phase::kReading) return;
    if (const absl::Status valid = CheckRequest(ok); !valid.ok()) return End(valid);
    phase_ = Phase::kHandling;
  }
  OnRequest(&request_);
}

void RequestReactor::Stop(const absl::Status& why) {
  {
    MutexLock lock(mu_);
    if (stop_.ok()) stop_ = why;
    if (phase_ == Phase::kReading) return End(stop_);
    if (phase_ != Phase::kHandling) return;
  }
  StopHandling(why);
}

void RequestReactor::Tick(double now) {
  {
    MutexLock lock(mu_);
    const bool late = now > begun_at_ + core_.options.call_timeout_seconds;
    if (phase_ == Phase::kReading && late) {
      return End(absl::DeadlineExceededError("the call's request did not come in time"));
    }
    if (phase_ == Phase::kAnswering && late) return Cancel();
    if (phase_ != Phase::kHandling) return;
  }
  TickHandling(now);
}

void RequestReactor::OnDone() {
  {
    // Whoever finished the call may still hold the lock for a moment.
    MutexLock lock(mu_);
  }
  core_.calls.Remove(this);
}

void RequestReactor::AnswerBegins() {
  phase_ = Phase::kAnswering;
  begun_at_ = MonotonicSeconds();
}

void RequestReactor::End(const absl::Status& status) {
  AnswerBegins();
  Finish(ToGrpcStatus(status));
}

}  // namespace nyala
