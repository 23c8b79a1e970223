// GrpcLearnerClient: a LearnerEndpoint in another process.
//
// Keepalive and deadlines come from TransportConfig: its defaults before Join, the run's after.
// A lost learner is Unavailable: destroy the streams, wait (common/wire/client/backoff.h), Join
// again, open them anew. Unrolls that were handed over and not acknowledged are kept by the client
// and sent again, before anything else, by the next stream of the same rollout thread, if Join
// found that the learner goes on where this actor was; so never submit one twice. Else they are
// dropped. Threads: as LearnerEndpoint says; Shutdown from any thread. Blocking: every method, each
// bounded by transport.call_timeout_seconds without an answer or a part of one, but
// UnrollStream::Submit, which waits as long as the learner is full and alive. End: Shutdown ends
// all of them promptly, with Cancelled; streams before client.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/wire/learner_endpoint.h"
#include "common/wire/learner_status.h"
#include "common/wire/transport_security.h"

namespace nyala {

struct LearnerClientOptions {
  // "unix:/path" or "HOST:PORT".
  std::string address;
  TransportSecurity security;
  // Until Join brings the run's.
  TransportConfig transport;
};

class GrpcLearnerClient final : public LearnerEndpoint {
 public:
  // Does not connect yet. InvalidArgument: the address or the security settings.
  static absl::StatusOr<std::unique_ptr<GrpcLearnerClient>> Create(
      const LearnerClientOptions& options);
  ~GrpcLearnerClient() override;

  absl::StatusOr<JoinReply> Join(const JoinRequest& request) override;
  // After a Join. Sends again what the last stream of this thread had not seen acknowledged.
  absl::StatusOr<std::unique_ptr<UnrollStream>> OpenUnrollStream(uint64_t lease,
                                                                 uint32_t thread) override;
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> FetchParameters(
      const ParameterRequest& request, absl::Duration timeout) override;
  absl::Status RenewLease(uint64_t lease) override;
  // Also after Shutdown.
  absl::Status Leave(const LeaveRequest& request) override;
  absl::StatusOr<LearnerStatus> GetStatus();

  // Interrupts every call in progress and refuses new ones. For StopSource::OnStop; never blocks.
  void Shutdown();

 private:
  class State;
  explicit GrpcLearnerClient(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace nyala
