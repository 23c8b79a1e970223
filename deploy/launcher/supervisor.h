// Supervisor: one learner process and some actor processes, from start to end.
//
//   learner listens -> actors start -> ... -> learner ends -> actors are stopped
//
// - An actor that dies is restarted with one line, within limits; when they are exceeded the
//   learner is told to stop.
// - A learner that crashes (a signal kills it, or it exits with a status that is none of its own)
//   is started again with one line, a limited number of times; its actors find it by themselves.
//   One that ends with a status of its own has said why and is done.
// - SIGINT, SIGTERM or SIGHUP: the learner gets it too, writes its final checkpoint and ends; a
//   second signal kills all at once, by the rules of common/system/stop_signals.h. SIGTSTP stops
//   all, SIGCONT goes on.
// - However this process dies, its children are told by the kernel: the learner to stop as by
//   SIGTERM, actors to die.
// - What an actor's environments started dies with the actor, whatever ends it: each has a keeper
//   (deploy/launcher/keeper.h), whose process id stands for it here.
// It is the only thread of its process, and reads no clock but for limits; Run blocks until every
// child has been waited for.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/system/stop.h"
#include "common/system/stop_signals.h"
#include "deploy/launcher/restart_policy.h"
#include "deploy/launcher/signal_inbox.h"

namespace nyala {

struct SupervisorOptions {
  int actors = 1;
  // What the actors play, for messages.
  std::string environment;
  // Run in the child processes. What the learner returns is its process's exit status; it writes a
  // line to `ready_fd` once it can be reached, each time at the same address; `restarts` learners
  // crashed before it. An actor returns 0 when it knows that the run is over; one whose process
  // ends in any other way has died.
  std::function<int(StopSource& stop, int ready_fd, int restarts)> learner;
  std::function<int(StopSource& stop, int index)> actor;
  // Each time a learner can be reached. May be empty.
  std::function<void()> on_ready;
  // How often a learner is started again, and the exit statuses that are no crash.
  int learner_restart_limit = 0;
  std::vector<int> learner_statuses = {0, 1, 2, 3};
  // Restarts of one actor within the window before the run is given up. An actor that hangs dies
  // late: the window must hold so many of its lives.
  int restart_limit = 5;
  double restart_window_seconds = 60;
  // What actors have, after they were told to stop, before they are killed.
  double actor_grace_seconds = 5;
};

struct SupervisorResult {
  // Status of wait(2).
  int learner_status = 0;
  // A signal asked for the end.
  bool interrupted = false;
  // An actor died too often, or could not be started.
  bool gave_up = false;
  // Restarts of all actors.
  int actor_restarts = 0;
  int learner_restarts = 0;
  // By index, over all restarts.
  std::vector<int64_t> actor_peak_rss_bytes;
};

class Supervisor {
 public:
  // `signals` must outlive it.
  Supervisor(SupervisorOptions options, SignalInbox* signals);
  // An error means that the learner could not be started.
  absl::StatusOr<SupervisorResult> Run();

 private:
  struct Actor {
    pid_t pid = 0;  // its keeper's; 0: not running
    RestartPolicy policy;
  };

  absl::Status StartLearner();
  // Those that do not run.
  void StartActors();
  // False when it could not be started; a line says so.
  bool StartActor(int index);
  // Waits for a signal, the learner's ready line or the kill deadline, and handles it.
  void HandleNext();
  void HandleSignal(int number);
  void HandleReady();
  // Collects every child that has ended.
  void Reap();
  void OnActorEnd(int index, int status, const rusage& usage);
  void OnLearnerEnd(int status);
  // Whether it crashed and another one runs in its place.
  bool ReplaceLearner(int status);
  void StopActors();
  void SignalActors(int number);
  void KillAll();
  bool AnyRunning() const;

  const SupervisorOptions options_;
  SignalInbox* const signals_;
  StopSignalCount stop_signals_;
  SupervisorResult result_;
  pid_t learner_ = 0;
  bool learner_ended_ = false;
  // The read end; -1 once the learner is ready, or has ended.
  int ready_fd_ = -1;
  std::vector<Actor> actors_;
  // MonotonicSeconds at which actors that still run are killed; 0: not stopping.
  double kill_at_ = 0;
};

}  // namespace nyala
