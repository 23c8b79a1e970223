#include "deploy/launcher/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/system/log.h"
#include "deploy/launcher/child.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"

namespace nyala {

Supervisor::Supervisor(SupervisorOptions options, SignalInbox* signals)
    : options_(std::move(options)), signals_(signals) {
  actors_.resize(options_.actors,
                 Actor{0, RestartPolicy(options_.restart_limit, options_.restart_window_seconds)});
  result_.actor_peak_rss_bytes.resize(options_.actors, 0);
}

absl::StatusOr<SupervisorResult> Supervisor::Run() {
  NYALA_RETURN_IF_ERROR(StartLearner());
  while (AnyRunning()) HandleNext();
  if (ready_fd_ >= 0) close(ready_fd_);
  return result_;
}

absl::Status Supervisor::StartLearner() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "cannot create a pipe");
  }
  const absl::StatusOr<pid_t> pid =
      StartChild({"nyala-learner", SIGTERM, {ends[0], signals_->fd()}},
                 [this, fd = ends[1]](StopSource& stop) {
                   return options_.learner(stop, fd, result_.learner_restarts);
                 });
  close(ends[1]);
  // The pipe of a learner that crashed before it was ready.
  if (ready_fd_ >= 0) close(ready_fd_);
  ready_fd_ = ends[0];
  NYALA_RETURN_IF_ERROR(pid.status());
  learner_ = *pid;
  return absl::OkStatus();
}

void Supervisor::StartActors() {
  for (int i = 0; i < options_.actors; ++i) {
    if (actors_[i].pid == 0 && !StartActor(i)) {
      result_.gave_up = true;
      kill(learner_, SIGTERM);
      return;
    }
  }
}

bool Supervisor::StartActor(int index) {
  std::vector<int> not_its_business = {signals_->fd()};
  if (ready_fd_ >= 0) not_its_business.push_back(ready_fd_);
  const absl::StatusOr<pid_t> pid =
      StartKeptChild({absl::StrCat("nyala-actor-", index), 0, not_its_business},
                     [this, index](StopSource& stop) -> int {
                       const int status = options_.actor(stop, index);
                       if (status != kExitDone) return status;
                       // Who was told to stop by somebody else has not ended the run.
                       return stop.stop_requested() ? kExitFailed : kExitRunIsOver;
                     });
  if (!pid.ok()) {
    LogLine(pid.status().message());
    return false;
  }
  actors_[index].pid = *pid;
  return true;
}

void Supervisor::HandleNext() {
  pollfd waiting[] = {{signals_->fd(), POLLIN, 0}, {ready_fd_, POLLIN, 0}};
  int timeout_ms = -1;
  if (kill_at_ > 0) {
    timeout_ms = std::max(0, static_cast<int>(1e3 * (kill_at_ - MonotonicSeconds())) + 1);
  }
  // A negative descriptor is skipped.
  if (poll(waiting, 2, timeout_ms) == 0) {
    KillAll();
    kill_at_ = 0;
    return;
  }
  if (waiting[1].revents != 0) HandleReady();
  while (const int number = signals_->Take()) HandleSignal(number);
}

void Supervisor::HandleSignal(int number) {
  if (number == SIGCHLD) return Reap();
  if (number == SIGTSTP) {
    // An actor's keeper does it for the actor's whole group, and stays awake.
    if (!learner_ended_) kill(learner_, SIGSTOP);
    SignalActors(SIGTSTP);
    raise(SIGSTOP);
    if (!learner_ended_) kill(learner_, SIGCONT);
    SignalActors(SIGCONT);
    return;
  }
  const StopRequest request = stop_signals_.Take(number, MonotonicSeconds());
  if (request == StopRequest::kNone) return;
  // What still runs is on its way out.
  if (learner_ended_) return KillAll();
  if (request == StopRequest::kAtOnce) {
    LogLine("second signal: everything is killed");
    return KillAll();
  }
  result_.interrupted = true;
  LogLine(absl::StrCat(strsignal(number),
                       ": stopping with a final checkpoint; Ctrl-C or SIGTERM, after more than a "
                       "second, ends it at once"));
  // The same one: the run's summary says what ended it.
  kill(learner_, number);
}

void Supervisor::HandleReady() {
  char text[256];
  const ssize_t got = read(ready_fd_, text, sizeof(text));
  if (got < 0) return;
  const bool listens = got > 0 && memchr(text, '\n', got) != nullptr;
  if (got > 0 && !listens) return;
  close(ready_fd_);
  ready_fd_ = -1;
  if (!listens || learner_ended_ || result_.interrupted) return;
  if (options_.on_ready) options_.on_ready();
  StartActors();
}

void Supervisor::Reap() {
  int status = 0;
  rusage usage;
  // The learner first: what its actors do after its end is a consequence.
  if (!learner_ended_ && wait4(learner_, &status, WNOHANG, &usage) == learner_) {
    OnLearnerEnd(status);
  }
  for (int i = 0; i < options_.actors; ++i) {
    const pid_t pid = actors_[i].pid;
    if (pid != 0 && wait4(pid, &status, WNOHANG, &usage) == pid) OnActorEnd(i, status, usage);
  }
}

void Supervisor::OnActorEnd(int index, int status, const rusage& usage) {
  Actor& actor = actors_[index];
  const pid_t pid = std::exchange(actor.pid, 0);
  int64_t& peak = result_.actor_peak_rss_bytes[index];
  peak = std::max<int64_t>(peak, usage.ru_maxrss * int64_t{1024});
  // A moment before its learner ends.
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitRunIsOver) return;
  if (learner_ended_ || result_.interrupted || result_.gave_up) return;
  std::string end = absl::StrFormat("actor %d (pid %d) %s", index, pid, DescribeEnd(status));
  // With any other end it could say nothing itself.
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kExitFailed) {
    end += absl::StrCat(" in environment '", options_.environment, "'");
  }
  if (!actor.policy.Allow(MonotonicSeconds())) {
    LogLine(absl::StrFormat("%s; given up after %d restarts within %.0f seconds", end,
                            actor.policy.limit(), actor.policy.window_seconds()));
    result_.gave_up = true;
    kill(learner_, SIGTERM);
    return;
  }
  if (StartActor(index)) {
    ++result_.actor_restarts;
    LogLine(absl::StrFormat("%s; restarted as pid %d", end, actor.pid));
  } else {
    result_.gave_up = true;
    kill(learner_, SIGTERM);
  }
}

void Supervisor::OnLearnerEnd(int status) {
  result_.learner_status = status;
  if (ReplaceLearner(status)) return;
  learner_ended_ = true;
  StopActors();
}

bool Supervisor::ReplaceLearner(int status) {
  const std::vector<int>& own = options_.learner_statuses;
  const bool crashed =
      !WIFEXITED(status) || std::find(own.begin(), own.end(), WEXITSTATUS(status)) == own.end();
  if (!crashed || result_.interrupted || result_.gave_up ||
      result_.learner_restarts >= options_.learner_restart_limit) {
    return false;
  }
  ++result_.learner_restarts;
  const absl::Status started = StartLearner();
  if (!started.ok()) {
    LogLine(started.message());
    return false;
  }
  LogLine(absl::StrFormat("the learner %s; started again (%d of %d)", DescribeEnd(status),
                          result_.learner_restarts, options_.learner_restart_limit));
  return true;
}

void Supervisor::StopActors() {
  SignalActors(SIGTERM);
  kill_at_ = MonotonicSeconds() + options_.actor_grace_seconds;
}

void Supervisor::SignalActors(int number) {
  for (const Actor& actor : actors_) {
    if (actor.pid != 0) kill(actor.pid, number);
  }
}

void Supervisor::KillAll() {
  if (!learner_ended_) kill(learner_, SIGKILL);
  for (const Actor& actor : actors_) {
    if (actor.pid != 0) EndKeptChild(actor.pid);
  }
}

bool Supervisor::AnyRunning() const {
  return !learner_ended_ || std::any_of(actors_.begin(), actors_.end(),
                                        [](const Actor& actor) { return actor.pid != 0; });
}

}  // namespace nyala
