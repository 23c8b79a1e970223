// UnrollReactor: the server's end of one unroll stream. Internal to common/wire.
//
// First the endpoint's stream is opened (on the control thread) and the client told. Then an unroll
// is read, and while it is admitted (a job of the ingest queue, which may block) the one after it
// is read ahead, so that receiving and admitting overlap. No further read begins before the ack:
// that is the back-pressure, and a stream holds two unrolls at most. While the stream is busy
// (opening, or admitting) whoever is at it ends it when something is wrong; otherwise Stop may,
// from outside. Ends wait for an ack on its way. Threads: gRPC's and the ingest queue's. Owned by
// the service's CallSet, which it leaves after OnDone; the endpoint's stream is destroyed with it,
// on the control thread.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "common/wire/server/service_core.h"

namespace nyala {

class UnrollReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public ServiceCall {
 public:
  UnrollReactor(ServiceCore& core, grpc::CallbackServerContext* context);
  // Opens the stream, or ends at once unless `admitted` is OK.
  void Begin(const absl::Status& admitted);
  void Stop(const absl::Status& why) override;
  void Cancel() override;
  // Ends an idle stream that has no standing any more: whoever is silent holds no place.
  void Tick(double now) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // The rollout thread that the call's metadata name.
  absl::Status ReadSender();
  // The control job.
  void Open();
  // The ingest job.
  void Admit();
  // Decodes what was read and hands it to the endpoint; blocks while the learner is full.
  absl::StatusOr<SubmitReply> Submit(uint64_t* sequence);
  void Acknowledge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A read or a write has failed: the other end is gone.
  void OnPeerGone() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Reads on, and admits what was read unless the stream is busy.
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  ServiceCore& core_;
  grpc::CallbackServerContext* const context_;
  const CountedPlace place_;
  // The unroll being admitted: belongs to whoever makes the stream busy.
  grpc::ByteBuffer admitting_;
  std::unique_ptr<UnrollStream> stream_;
  uint64_t lease_ = 0;
  uint32_t thread_ = 0;

  Mutex mu_;
  // Opening, or from the start of an admission until its ack is on its way.
  bool busy_ ABSL_GUARDED_BY(mu_) = true;
  grpc::ByteBuffer read_ ABSL_GUARDED_BY(mu_);
  bool have_read_ ABSL_GUARDED_BY(mu_) = false;
  // Why the stream is to end.
  absl::Status stop_ ABSL_GUARDED_BY(mu_);
  // It is the other end that brought that about.
  bool peer_gone_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ByteBuffer next_ack_ ABSL_GUARDED_BY(mu_);
  bool have_next_ack_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ByteBuffer ack_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  // The context is gone; the endpoint's stream is still to be closed.
  bool done_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace nyala
