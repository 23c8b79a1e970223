// LearnerServer: a learner that listens.
//
// Owns the service (common/wire/server/service.h says what it asks of the endpoint) and the
// grpc::Server around it, with health checking (grpc.health.v1; the service is
// "nyala.wire.Learner") and, where asked for, reflection. Those two carry no secrets and ask for no
// token, so that probes work. Nothing is taken from a peer before its token was seen: connections
// that say nothing are closed (common/wire/server/listener.h), compressed messages are refused,
// what comes in has a quota of memory. Threads: all methods from any thread, but Stop and
// destruction from the owner. End: unblock the endpoint, Stop, destroy. The socket file goes with
// the server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/wire/server/health.h"
#include "common/wire/server/listener.h"
#include "common/wire/server/service.h"
#include "common/wire/transport_security.h"

namespace grpc {
class Server;
namespace experimental {
class ExternalConnectionAcceptor;
}
}  // namespace grpc

namespace nyala {

struct LearnerServerOptions {
  // "unix:/path" or "HOST:PORT"; port 0 takes a free one.
  std::string listen;
  TransportSecurity security;
  // Message limit and keepalive.
  TransportConfig transport;
  // Server reflection, for grpcurl and the like. Unset: where only this machine reaches the
  // learner.
  std::optional<bool> reflection;
  // 0: as many as there are descriptors for.
  int most_connections = 0;
  // LearnerServiceOptions.
  int ingest_threads = 1;
  // Comes about once a second, on a thread of the server's. May be empty; must not block.
  std::function<void()> on_tick;
};

class LearnerServer {
 public:
  // `endpoint` must outlive the server. InvalidArgument: the address or the security settings;
  // Unavailable: "cannot listen on ADDRESS: why", in one line.
  static absl::StatusOr<std::unique_ptr<LearnerServer>> Start(const LearnerServerOptions& options,
                                                              LearnerEndpoint& endpoint,
                                                              LearnerStatusProvider status);
  ~LearnerServer();

  // Where actors find it, with the port that was bound.
  const std::string& address() const { return address_; }
  // The endpoint has a new version to fetch. Cheap; never blocks.
  void OnNewVersion(uint64_t version) { service_->OnNewVersion(version); }
  // How many actor processes can be connected at a time.
  int most_connections() const { return listener_->most_connections(); }
  const DoorCounters& door() const { return listener_->counters(); }
  // Answers everyone and returns when all calls are done; the address still says why. Blocks as
  // long as the endpoint does. Peers are told `reason`, if there is one. Idempotent.
  void Stop(ServiceEnd end, const std::string& reason = "");

 private:
  LearnerServer() = default;
  void LetIn();

  std::unique_ptr<Listener> listener_;
  std::unique_ptr<LearnerService> service_;
  HealthService health_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::function<void()> on_tick_;
  std::string address_;
};

}  // namespace nyala
