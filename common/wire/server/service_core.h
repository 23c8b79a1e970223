// ServiceCore: what the calls of a LearnerService share. Internal to common/wire.
//
// Reactions run on gRPC's threads and hand whatever may block to the work queues: unrolls to
// `ingest`, everything else (joins, status, closing streams) to `control`, so that a full learner
// keeps nobody from joining or leaving.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "common/wire/learner_endpoint.h"
#include "common/wire/server/call_set.h"
#include "common/wire/server/version_waiters.h"
#include "common/wire/server/work_queue.h"

namespace nyala {

struct LearnerServiceOptions {
  // Presented by every call; empty asks for none.
  std::string token;
  // Gets each call and whether it is let in. May be empty. Must not block.
  std::function<void(const grpc::CallbackServerContext& call, const absl::Status& admitted)>
      on_call;
  // Largest message either side accepts.
  int64_t max_message_bytes = 64 << 20;
  // Streams at a time; one more is answered with ResourceExhausted. Each holds two unrolls at most.
  int max_streams = 65536;
  // Other calls at a time. Each actor has one that waits for a version.
  int max_waiting_calls = 65536;
  // For a request to come, and for a part of an answer to go.
  double call_timeout_seconds = 30;
  // Threads that decode unrolls and hand them to the endpoint. One is enough unless the endpoint
  // makes one stream wait for another.
  int ingest_threads = 1;
};

struct ServiceCore {
  ServiceCore(LearnerEndpoint& learner, const LearnerServiceOptions& service_options)
      : endpoint(learner),
        options(service_options),
        waiters(options.max_waiting_calls),
        ingest("ingest", options.ingest_threads, options.max_streams),
        control("control", 1, options.max_streams + options.max_waiting_calls) {}

  LearnerEndpoint& endpoint;
  const LearnerServiceOptions options;
  std::atomic<int> streams{0};
  std::atomic<int> requests{0};
  CallSet calls;
  VersionWaiters waiters;
  WorkQueue ingest;
  WorkQueue control;
};

// Counts itself in `count` while it lives, if that stays within `limit`.
class CountedPlace {
 public:
  CountedPlace(std::atomic<int>& count, int limit) : count_(count), taken_(++count <= limit) {
    if (!taken_) --count_;
  }
  ~CountedPlace() {
    if (taken_) --count_;
  }
  CountedPlace(const CountedPlace&) = delete;
  CountedPlace& operator=(const CountedPlace&) = delete;
  bool taken() const { return taken_; }

 private:
  std::atomic<int>& count_;
  const bool taken_;
};

}  // namespace nyala
