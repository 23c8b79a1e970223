// RequestReactor: the server's end of a call that begins with one request. Internal to common/wire.
//
// The call's metadata are judged first: of a call that is not admitted no byte of the request is
// taken. Then the request is read, which must come whole within transport.call_timeout_seconds, and
// handed to the derived class, which ends the call. An answer that is not taken within that time
// cuts the call off. Threads: gRPC's; Stop and Tick from any. Owned by the service's CallSet, which
// it leaves in OnDone.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "common/wire/server/service_core.h"

namespace nyala {

class RequestReactor : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                       public ServiceCall {
 public:
  RequestReactor(ServiceCore& core, grpc::CallbackServerContext* context);
  // Reads the request, or ends at once unless `admitted` is OK.
  void Begin(const absl::Status& admitted);

  void Stop(const absl::Status& why) final;
  void Tick(double now) final;
  void Cancel() final { context_->TryCancel(); }
  void OnReadDone(bool ok) final;
  void OnDone() final;

 protected:
  // The request is there. From here on the derived class ends the call, with Finish or the like.
  virtual void OnRequest(grpc::ByteBuffer* request) = 0;
  // Stop and Tick after OnRequest has begun.
  virtual void StopHandling(const absl::Status& why) = 0;
  virtual void TickHandling(double) {}
  // The answer, or its last part, is given to gRPC from here on.
  void AnswerBegins() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The answer is this status alone.
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  ServiceCore& core_;
  grpc::CallbackServerContext* const context_;
  // Held by no one who calls OnRequest and the like.
  Mutex mu_;
  // Reason of Stop, whenever it came.
  absl::Status stop_ ABSL_GUARDED_BY(mu_);

 private:
  enum class Phase { kStarting, kReading, kHandling, kAnswering };
  absl::Status CheckRequest(bool ok) const;

  // Place among all calls that wait for something.
  const CountedPlace place_;
  grpc::ByteBuffer request_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kStarting;
  double begun_at_ ABSL_GUARDED_BY(mu_) = 0;  // the phase that the peer may hold up
};

}  // namespace nyala
