// HealthService: answers grpc.health.v1, without a token and without reading what it is asked.
//
// Check and Watch answer SERVING at once, as long as the learner serves; a Watch then hears
// NOT_SERVING when it stops. The library's own service would read requests of any size from
// anybody. At most kMostCalls at a time; one more is refused. Threads: gRPC's; Stop from any. End:
// Stop, which returns when all calls are done, before the server is shut down.
#pragma once

#include <atomic>
#include <memory>

namespace grpc {
class Service;
}

namespace nyala {

class HealthService {
 public:
  static constexpr int kMostCalls = 256;

  HealthService();
  ~HealthService();
  // Idempotent.
  void Stop();
  grpc::Service* grpc_service();

 private:
  class Shell;
  const std::unique_ptr<Shell> shell_;
};

}  // namespace nyala
