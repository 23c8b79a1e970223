// FetchReactor: one FetchParameters call on the server. Internal to common/wire.
//
// Answers at once when it can, else waits in the service's VersionWaiters. Whoever takes it out of
// there (the version or the time limit, a cancellation, the service's end) goes on with it. The
// parameters are sent in parts; one that the client does not take within
// transport.call_timeout_seconds ends the call, so that nobody can hold on to old parameters by
// reading slowly for ever.
// Threads: gRPC's and the waiters'.
#pragma once

#include <optional>

#include "common/wire/codec/codec.h"
#include "common/wire/server/request_reactor.h"
#include "common/wire/server/version_waiters.h"

namespace nyala {

class FetchReactor final : public RequestReactor, public VersionWaiter {
 public:
  FetchReactor(ServiceCore& core, grpc::CallbackServerContext* context)
      : RequestReactor(core, context) {}

  void OnCancel() override;
  void OnWaitEnd() override;
  void OnWriteDone(bool ok) override;

 private:
  void OnRequest(grpc::ByteBuffer* request) override;
  void StopHandling(const absl::Status& why) override;
  void TickHandling(double now) override;

  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> Fetch();
  void Wait();
  void Reply(std::shared_ptr<const ParameterSnapshot> snapshot);
  void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LockAndEnd(const absl::Status& status);

  ParameterRequest wanted_;
  double wait_seconds_ = 0;

  // Once the answer is under way.
  std::optional<ParameterParts> parts_ ABSL_GUARDED_BY(mu_);
  grpc::ByteBuffer part_ ABSL_GUARDED_BY(mu_);
  double sent_at_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace nyala
