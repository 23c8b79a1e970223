#include "actor/join_loop.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "actor/lease_keeper.h"
#include "actor/session.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/wire/backoff.h"

namespace nyala {
namespace {

// A connection that held for so long was a good one: the next loss starts with short delays again.
constexpr double kGoodConnectionSeconds = 10;

// Passes a stop on to the session of the time. Shared with the stop's callback, which may run after
// the loop has returned.
class SessionLink {
 public:
  void Attach(ActorSession* session) {
    MutexLock lock(mu_);
    session_ = session;
    if (stopped_ && session_ != nullptr) session_->Halt();
  }
  void Stop() {
    MutexLock lock(mu_);
    stopped_ = true;
    if (session_ != nullptr) session_->Halt();
  }

 private:
  Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  ActorSession* session_ ABSL_GUARDED_BY(mu_) = nullptr;
};

uint64_t RandomKey() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

std::string HostName() {
  char name[256] = "";
  // A name that does not fit is cut; the last byte stays 0.
  if (gethostname(name, sizeof(name) - 1) != 0) return "unknown";
  return name;
}

bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

class JoinLoop {
 public:
  JoinLoop(const JoinLoopOptions& options, LearnerEndpoint& endpoint,
           const PolicyFactories& factories, StopSource& stop)
      : options_(options),
        endpoint_(endpoint),
        factories_(factories),
        stop_(stop),
        key_(RandomKey()),
        backoff_(key_),
        threads_(options.threads),
        patience_seconds_(options.connect_seconds) {
    stop_.OnStop([link = link_] { link->Stop(); });
  }
  ~JoinLoop() { link_->Attach(nullptr); }

  absl::Status Run() {
    const absl::Status status = RunUntilEnd();
    // What fails while everything is being stopped is no failure.
    if (stop_.stop_requested() || absl::IsCancelled(status)) return absl::OkStatus();
    return status;
  }

 private:
  absl::Status RunUntilEnd() {
    while (true) {
      NYALA_ASSIGN_OR_RETURN(const JoinReply reply, JoinWithShare());
      patience_seconds_ = reply.config.transport().reconnect_seconds();
      if (options_.on_join) options_.on_join(reply.actor);
      // Making environments may take long, and a thread may have to wait for a place.
      const LeaseKeeper keeper(endpoint_, reply);
      NYALA_RETURN_IF_ERROR(Prepare(reply));
      Log("joined run %s at %s as actor %d: %d rollout threads of %d environments", reply.run_id,
          options_.learner, reply.actor, reply.threads, reply.envs_per_thread);
      const double start = MonotonicSeconds();
      const absl::Status status = session_->Run(endpoint_, reply.lease);
      if (stop_.stop_requested() || !IsOutage(status)) return status;
      Log("lost the learner at %s (%s); joining again", options_.learner,
          std::string(status.message()));
      if (MonotonicSeconds() - start > kGoodConnectionSeconds) backoff_.Reset();
      stop_.WaitFor(backoff_.Next());
    }
  }

  // Joins, with the threads that the run's configuration asks of this machine.
  absl::StatusOr<JoinReply> JoinWithShare() {
    absl::StatusOr<JoinReply> reply = JoinPatiently();
    if (!reply.ok() || options_.threads > 0 || !options_.choose_threads) return reply;
    // Only who has joined knows the run.
    const uint32_t wanted = options_.choose_threads(reply->config);
    if (wanted == std::exchange(threads_, wanted) || wanted == reply->threads) return reply;
    return JoinPatiently();
  }

  // Joins, trying again during an outage for at most `patience_seconds_`.
  absl::StatusOr<JoinReply> JoinPatiently() {
    const double start = MonotonicSeconds();
    bool told = false;
    while (true) {
      if (stop_.stop_requested()) return absl::CancelledError("stopped");
      absl::StatusOr<JoinReply> reply = endpoint_.Join(Request());
      const bool full = absl::IsResourceExhausted(reply.status());
      if (reply.ok() || (!full && !IsOutage(reply.status()))) return reply;
      const std::string trouble =
          absl::StrFormat("cannot %s learner at %s: %s", full ? "join the" : "reach",
                          options_.learner, reply.status().message());
      const double left = patience_seconds_ - (MonotonicSeconds() - start);
      if (left <= 0) {
        return absl::UnavailableError(
            absl::StrFormat("%s (gave up after %g s)", trouble, patience_seconds_));
      }
      if (!told) Log("%s; trying again for %g s", trouble, patience_seconds_);
      told = true;
      stop_.WaitFor(std::min<std::chrono::nanoseconds>(
          backoff_.Next(), std::chrono::nanoseconds(static_cast<int64_t>(left * 1e9))));
    }
  }

  JoinRequest Request() const {
    JoinRequest request;
    request.actor_key = key_;
    request.host = HostName();
    request.pid = getpid();
    request.threads = threads_;
    request.envs_per_thread = options_.envs_per_thread;
    return request;
  }

  // Whether this program may and can do what the reply asks for, before anything is made of it.
  absl::Status Accept(const JoinReply& reply) const {
    NYALA_RETURN_IF_ERROR(options_.permission.Check(reply.config));
    return options_.check ? options_.check(reply) : absl::OkStatus();
  }

  // Goes on with the session if it can, else builds the one that the reply asks for.
  absl::Status Prepare(const JoinReply& reply) {
    if (session_ != nullptr && session_->Continues(reply)) return absl::OkStatus();
    NYALA_RETURN_IF_ERROR(Accept(reply));
    link_->Attach(nullptr);
    auto session = ActorSession::Create(reply, factories_, options_.on_hang);
    // Whoever makes environments does not say with this code that the run is over.
    if (absl::IsCancelled(session.status())) {
      return absl::InternalError(session.status().message());
    }
    NYALA_ASSIGN_OR_RETURN(session_, std::move(session));
    link_->Attach(session_.get());
    return absl::OkStatus();
  }

  const JoinLoopOptions options_;
  LearnerEndpoint& endpoint_;
  const PolicyFactories& factories_;
  StopSource& stop_;
  const uint64_t key_;
  const std::shared_ptr<SessionLink> link_ = std::make_shared<SessionLink>();
  Backoff backoff_;
  uint32_t threads_;  // asked for; 0: as the run says
  double patience_seconds_;
  std::unique_ptr<ActorSession> session_;
};

}  // namespace

absl::Status RunJoinLoop(const JoinLoopOptions& options, LearnerEndpoint& endpoint,
                         const PolicyFactories& factories, StopSource& stop) {
  return JoinLoop(options, endpoint, factories, stop).Run();
}

}  // namespace nyala
