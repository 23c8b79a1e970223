// FetchReactor: one FetchParameters call on the server. Internal to common/wire.
//
// Answers at once when it can, else waits in the service's VersionWaiters. Whoever takes it out of
// there (the version or the time limit, a cancellation, the service's end) finishes it.
// Threads: gRPC's and the waiters'. Owned by the service's CallSet, which it leaves in OnDone.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "common/wire/service_core.h"
#include "nyala/learner.pb.h"

namespace nyala {

class FetchReactor final : public grpc::ServerUnaryReactor,
                           public ServiceCall,
                           public VersionWaiter {
 public:
  FetchReactor(ServiceCore& core, grpc::ByteBuffer* response);
  // Decodes the request and begins, or ends at once unless `admitted` is OK.
  void Begin(const absl::Status& admitted, const grpc::ByteBuffer& request);
  void Stop(const absl::Status& why) override;

  void OnCancel() override;
  void OnDone() override;
  void OnWaitEnd() override;

 private:
  void Wait();
  void Reply(std::shared_ptr<const ParameterSnapshot> snapshot);
  void End(const absl::Status& status);

  ServiceCore& core_;
  grpc::ByteBuffer* const response_;
  wire::FetchRequest request_;
};

}  // namespace nyala
