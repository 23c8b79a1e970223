// LearnerService: the learner's side of the wire, a gRPC shell over a LearnerEndpoint.
//
// A call is judged by its metadata, decoded, handed to the endpoint and answered; gRPC's callback
// threads never block and never compute. What is asked of the endpoint:
//   - UnrollStream::Submit may block while the learner is full: it runs on the ingest threads, and
//     each stream waits for its own answer before it reads on (unroll_reactor.h);
//   - Join, OpenUnrollStream and destroying a stream run on the service's threads, may lock;
//   - FetchParameters is called on gRPC's threads and must not block: it gets wait_for_version = 0,
//     the waiting is done here. Publish first, then call OnNewVersion.
// Threads: all methods from any thread. Must outlive the grpc::Server it is registered with.
// End: first unblock the endpoint (every Submit returns), then Stop, then shut the server down.
#pragma once

#include <memory>
#include <string>

#include "common/wire/learner_endpoint.h"
#include "common/wire/learner_status.h"
#include "common/wire/server/service_core.h"

namespace grpc {
class Service;
}

namespace nyala {

// Why a learner stops answering.
enum class ServiceEnd {
  // Actors are done: streams end with OK, calls with ABORTED; clients say Cancelled.
  kRunOver,
  // The learner goes away and may come back: UNAVAILABLE.
  kLearnerStopping,
};

class LearnerService {
 public:
  // `endpoint` must outlive the service.
  LearnerService(LearnerEndpoint& endpoint, LearnerStatusProvider status,
                 const LearnerServiceOptions& options);
  ~LearnerService();

  // The endpoint has a new version to fetch. Cheap when nobody waits for it; never blocks.
  void OnNewVersion(uint64_t version);
  // About once a second, with MonotonicSeconds: ends calls that take for ever. Never blocks.
  void Tick(double now);
  // Refuses new calls, answers all that are in progress and returns when they are done. Peers are
  // told `reason`, if there is one. From one thread at a time; the first reason stays.
  void Stop(ServiceEnd end, const std::string& reason = "");

  grpc::Service* grpc_service();

 private:
  class Shell;
  const std::unique_ptr<Shell> shell_;
};

}  // namespace nyala
