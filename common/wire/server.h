// LearnerServer: a learner that listens.
//
// Owns the service (common/wire/service.h says what it asks of the endpoint) and the grpc::Server
// around it, with health checking (grpc.health.v1; the service is "nyala.wire.Learner") and
// reflection switched on. Those two carry no secrets and ask for no token, so that probes work.
// Threads: all methods from any thread, but Stop and destruction from the owner.
// End: unblock the endpoint, Stop, destroy. The socket file goes with the server.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/wire/service.h"
#include "common/wire/transport_security.h"

namespace grpc {
class Server;
}

namespace nyala {

struct LearnerServerOptions {
  // "unix:/path" or "HOST:PORT"; port 0 takes a free one.
  std::string listen;
  TransportSecurity security;
  // Message limit and keepalive.
  TransportConfig transport;
  // LearnerServiceOptions.
  int max_streams = 1024;
  int ingest_threads = 1;
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
  int open_streams() const { return service_->open_streams(); }
  // Answers everyone and returns when all calls are done; the address still says why. Blocks as
  // long as the endpoint does. Peers are told `reason`, if there is one. Idempotent.
  void Stop(ServiceEnd end, const std::string& reason = "");

 private:
  LearnerServer(std::unique_ptr<LearnerService> service, std::unique_ptr<grpc::Server> server,
                std::string address);

  const std::unique_ptr<LearnerService> service_;
  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
};

}  // namespace nyala
