// GrpcUnrollStream: the client's end of one unroll stream. Internal to common/wire.
//
// Drives its own completion queue from the thread that calls Submit: no thread is woken to hand an
// unroll on or to take an ack. Reads are always pending, so acks that came in between are seen at
// the next Submit.
// Threads: one; its context may be cancelled from any (ClientCalls). Blocking: Open and Submit.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>

#include "common/wire/client/client_calls.h"
#include "common/wire/learner_endpoint.h"

namespace nyala {

class GrpcUnrollStream final : public UnrollStream {
 public:
  struct Options {
    std::shared_ptr<grpc::Channel> channel;
    std::string token;
    double open_timeout_seconds = 0;
    int64_t max_message_bytes = 0;
    // Unrolls that may be unacknowledged when Submit returns.
    size_t window = 1;
    uint64_t incarnation = 0;
    uint32_t actor = 0;
    uint64_t lease = 0;
    uint32_t thread = 0;
  };

  GrpcUnrollStream(Options options, std::shared_ptr<ClientCalls> calls,
                   std::shared_ptr<UnackedUnrolls> unacked);
  ~GrpcUnrollStream() override;

  // Waits until the learner has opened the stream, then sends again what an earlier one left.
  absl::Status Open();
  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override;

 private:
  // Takes one completion; false when there is none until `deadline`, or never again.
  bool Advance(gpr_timespec deadline);
  // Waits for one completion as long as it takes.
  bool Advance();
  absl::Status AwaitOpen();
  void OnAck();
  void StartRead();
  absl::Status Send(const grpc::ByteBuffer& bytes);
  // Ends the call, once; afterwards end_ says why.
  void Close();
  absl::Status CloseStatus(const grpc::Status& status) const;

  const Options options_;
  const std::shared_ptr<ClientCalls> calls_;
  const std::shared_ptr<UnackedUnrolls> store_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;

  grpc::ByteBuffer ack_;
  PendingUnrolls unacked_;
  SubmitReply newest_;
  bool starting_ = false;
  bool reading_ = false;
  bool writing_ = false;
  // An operation failed: the call is over, and its status waits to be collected.
  bool broken_ = false;
  bool closed_ = false;
  // Why no more can be submitted.
  absl::Status end_;
};

}  // namespace nyala
