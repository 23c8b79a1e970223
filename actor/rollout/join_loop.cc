#include "actor/rollout/join_loop.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "actor/rollout/lease_keeper.h"
#include "actor/rollout/session.h"
#include "actor/vector_env.h"
#include "common/base/clock.h"
#include "common/base/counted.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/thread.h"
#include "common/system/log.h"
#include "common/system/machine.h"
#include "common/wire/client/backoff.h"

namespace nyala {
namespace {

// A connection that held for so long was a good one: the next loss starts with short delays again.
constexpr double kGoodConnectionSeconds = 10;

// Trouble that is over sooner is not worth a line.
constexpr double kWorthTellingSeconds = 1;

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

bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

class JoinLoop {
 public:
  JoinLoop(const ActorOptions& options, LearnerEndpoint& endpoint, const PolicyFactories& factories,
           StopSource& stop)
      : options_(options),
        endpoint_(endpoint),
        factories_(factories),
        stop_(stop),
        key_(RandomKey()),
        backoff_(key_),
        patience_seconds_(options.connect_seconds) {
    stop_.OnStop([link = link_, end = end_] {
      link->Stop();
      end->RequestStop("stop");
    });
    // At once: what is being collected may take long to end.
    goodbye_.emplace("goodbye", [this] {
      while (!end_->WaitFor(std::chrono::hours(24))) continue;
      if (stop_.stop_requested()) SayStopped();
    });
  }
  ~JoinLoop() {
    end_->RequestStop("done");
    goodbye_.reset();
    link_->Attach(nullptr);
  }

  absl::Status Run() {
    const absl::Status status = RunUntilEnd();
    // What fails while everything is being stopped is no failure.
    if (stop_.stop_requested() || absl::IsCancelled(status)) return absl::OkStatus();
    SayGoodbye(status.message());
    return status;
  }

 private:
  absl::Status RunUntilEnd() {
    while (true) {
      NYALA_ASSIGN_OR_RETURN(const JoinReply reply, AskAndJoin());
      patience_seconds_ = reply.config.transport().reconnect_seconds();
      Hold(LeaveRequest{reply.lease, "", "", 0, 0});
      // The stop came while the join was on its way, which may have reached the learner after a
      // goodbye.
      if (stop_.stop_requested()) {
        SayStopped();
        return absl::CancelledError("stopped");
      }
      if (options_.on_join) options_.on_join(reply.actor);
      // Making environments may take long, and a thread may have to wait for a place.
      const LeaseKeeper keeper(endpoint_, reply);
      NYALA_RETURN_IF_ERROR(Prepare(reply));
      Log("joined run %s at %s as actor %d: %s of %s", reply.run_id, options_.learner, reply.actor,
          Counted(reply.threads, "rollout thread"), Counted(reply.envs_per_thread, "environment"));
      const double start = MonotonicSeconds();
      const absl::Status status = session_->Run(endpoint_, reply.lease);
      if (stop_.stop_requested() || !IsOutage(status)) return status;
      Hold(std::nullopt);
      Log("no longer part of the run at %s (%s); joining again", options_.learner,
          std::string(status.message()));
      if (MonotonicSeconds() - start > kGoodConnectionSeconds) backoff_.Reset();
      stop_.WaitFor(backoff_.Next());
    }
  }

  // Asks what the run is first: whoever cannot or may not take part never joins, and the share may
  // depend on the run.
  absl::StatusOr<JoinReply> AskAndJoin() {
    JoinRequest request;
    request.actor_key = key_;
    request.host = HostName();
    request.pid = getpid();
    request.threads = options_.threads;
    request.envs_per_thread = options_.envs_per_thread;
    request.only_ask = true;
    NYALA_ASSIGN_OR_RETURN(const JoinReply run, JoinPatiently(request));
    if (const absl::Status accepted = Accept(run); !accepted.ok()) {
      Hold(LeaveRequest());
      return accepted;
    }
    if (options_.threads == 0 && options_.choose_threads) {
      request.threads = options_.choose_threads(run.config);
    }
    request.only_ask = false;
    // From here on there may be a lease that has not been heard of.
    Hold(LeaveRequest{0, "", "", 0, key_});
    absl::StatusOr<JoinReply> reply = JoinPatiently(request);
    if (!reply.ok()) Hold(std::nullopt);
    return reply;
  }

  // Tries again during an outage, for at most `patience_seconds_`.
  absl::StatusOr<JoinReply> JoinPatiently(const JoinRequest& request) {
    const double start = MonotonicSeconds();
    bool told = false;
    while (true) {
      if (stop_.stop_requested()) return absl::CancelledError("stopped");
      absl::StatusOr<JoinReply> reply = endpoint_.Join(request);
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
      const bool worth_telling = patience_seconds_ - left >= kWorthTellingSeconds;
      if (worth_telling && !std::exchange(told, true)) {
        Log("%s; trying again for %g s", trouble, patience_seconds_);
      }
      stop_.WaitFor(std::min<std::chrono::nanoseconds>(
          backoff_.Next(), std::chrono::nanoseconds(static_cast<int64_t>(left * 1e9))));
    }
  }

  // What a goodbye would say of who goes; without it none is said.
  void Hold(std::optional<LeaveRequest> goodbye) {
    MutexLock lock(mu_);
    goodbye_of_ = std::move(goodbye);
  }

  // Whoever reads the learner's log learns why this actor goes. Once. Any thread.
  void SayGoodbye(absl::string_view why) {
    std::optional<LeaveRequest> goodbye;
    {
      MutexLock lock(mu_);
      goodbye.swap(goodbye_of_);
    }
    if (!goodbye) return;
    goodbye->reason = std::string(why);
    goodbye->host = HostName();
    goodbye->pid = getpid();
    endpoint_.Leave(*goodbye).IgnoreError();
  }

  void SayStopped() { SayGoodbye(absl::StrCat("told to stop: ", stop_.reason())); }

  HangHandler GoodbyeAndThen(HangHandler on_hang) {
    if (on_hang == nullptr) return nullptr;
    return [this, on_hang = std::move(on_hang)](const std::string& line) {
      SayGoodbye(line);
      on_hang(line);
    };
  }

  // Whether this program may and can do what the reply asks for, before anything is made of it.
  absl::Status Accept(const JoinReply& reply) const {
    NYALA_RETURN_IF_ERROR(options_.permission.Check(reply.config));
    NYALA_RETURN_IF_ERROR(CheckEnvironmentName(reply.config.environment().id()));
    return options_.check ? options_.check(reply) : absl::OkStatus();
  }

  // Goes on with the session if it can, else builds the one that the reply asks for (of another run
  // than was asked about, if the learner is another one by now).
  absl::Status Prepare(const JoinReply& reply) {
    if (session_ != nullptr && session_->Continues(reply)) return absl::OkStatus();
    NYALA_RETURN_IF_ERROR(Accept(reply));
    link_->Attach(nullptr);
    auto session = ActorSession::Create(reply, factories_, GoodbyeAndThen(options_.on_hang));
    // From the making of environments this code does not mean that the run is over.
    if (absl::IsCancelled(session.status())) {
      return absl::InternalError(session.status().message());
    }
    NYALA_ASSIGN_OR_RETURN(session_, std::move(session));
    link_->Attach(session_.get());
    return absl::OkStatus();
  }

  const ActorOptions options_;
  LearnerEndpoint& endpoint_;
  const PolicyFactories& factories_;
  StopSource& stop_;
  const uint64_t key_;
  const std::shared_ptr<SessionLink> link_ = std::make_shared<SessionLink>();
  Backoff backoff_;
  double patience_seconds_;
  Mutex mu_;
  std::optional<LeaveRequest> goodbye_of_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ActorSession> session_;
  // End of the loop, be it by `stop_`. Shared with the stop's callback.
  const std::shared_ptr<StopSource> end_ = std::make_shared<StopSource>();
  std::optional<Thread> goodbye_;
};

}  // namespace

absl::Status RunJoinLoop(const ActorOptions& options, LearnerEndpoint& endpoint,
                         const PolicyFactories& factories, StopSource& stop) {
  return JoinLoop(options, endpoint, factories, stop).Run();
}

}  // namespace nyala
