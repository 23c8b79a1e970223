#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/rollout/actor.h"
#include "common/base/counted.h"
#include "common/base/status_macros.h"
#include "common/nn/blas/blas.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/system/machine.h"
#include "deploy/cli/closing_words.h"
#include "deploy/cli/command.h"
#include "deploy/cli/commands/learner_process.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/run_flags.h"
#include "deploy/launcher/child.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/sizing.h"
#include "deploy/launcher/socket_folder.h"
#include "deploy/launcher/supervisor.h"
#include "learner/learner.h"
#include "learner/run/checkpoint_store.h"
#include "learner/run/run_folder.h"
#include "learner/run/summary.h"

namespace nyala {
namespace {

// What to say of it; empty where nothing was chosen.
std::string ChooseSizes(RunConfig* config) {
  ActorConfig& actor = *config->mutable_actor();
  if (actor.actors() > 0) return "";
  const int cores = UsableCores();
  actor.set_actors(ChooseActors(*config, cores));
  return absl::StrCat(Counted(cores, "core"), ": ", Counted(actor.actors(), "actor"), " of ",
                      Counted(actor.threads(), "thread"), " with ",
                      Counted(actor.envs_per_thread(), "environment"),
                      "; --actors=N takes another number");
}

int RunActorProcess(const std::string& learner, const Permission& permission, int index,
                    StopSource& stop) {
  SetLogName(absl::StrCat("actor ", index));
  ActorOptions options;
  options.learner = learner;
  options.permission = permission;
  options.on_hang = EndHungProcess;
  const absl::Status status = RunActor(options, stop);
  if (status.ok()) return kExitDone;
  LogLine(status.message());
  return kExitFailed;
}

// Wall seconds that the run had before this launcher; 0 for a new one. A checkpoint that cannot be
// used is the learner's to refuse.
double SecondsBefore(const RunPlan& plan) {
  if (!plan.resume) return 0;
  const std::string folder = RunPaths(plan.run_dir).checkpoints();
  const auto names = ListCheckpoints(folder);
  if (!names.ok() || names->empty()) return 0;
  const auto state = ReadCheckpointState(JoinPath(folder, names->back()));
  return state.ok() ? state->seconds : 0;
}

SupervisorOptions MakeSupervisorOptions(const LearnerOptions& learner,
                                        const std::string& socket_folder) {
  SupervisorOptions options;
  options.learner_restart_limit = learner.config.limits().learner_restarts();
  options.learner_statuses = {kExitDone, kExitFailed, kExitUsage, kExitGoalMissed,
                              kExitInterrupted};
  options.actors = learner.config.actor().actors();
  options.environment = learner.config.environment().id();
  // An actor whose environment hangs at every start is given up, too.
  options.restart_window_seconds +=
      (options.restart_limit + 1) * learner.config.environment().step_timeout_seconds();
  const pid_t supervisor = getpid();
  options.learner = [learner, socket_folder, supervisor](StopSource& stop, int ready_fd,
                                                         int restarts) {
    SetLogName("learner");
    StopSource& mine_stop = *new StopSource;  // as `stop`, outlives its signal thread
    stop.OnStop([&stop, &mine_stop, supervisor] {
      mine_stop.RequestStop(getppid() == supervisor ? stop.reason() : "its launcher died");
    });
    LearnerOptions mine = learner;
    mine.ready_fd = ready_fd;
    // The one before it may have died before it began a run.
    if (restarts > 0) mine.resume = learner.resume || RunPaths(learner.run_dir).HoldsRun();
    const int status = RunLearnerProcess(mine, mine_stop);
    // A supervisor that was killed has left its folder behind.
    if (getppid() != supervisor) RemoveTree(socket_folder).IgnoreError();
    return status;
  };
  options.actor = [address = learner.listen, permission = Permission::For(learner.config)](
                      StopSource& stop, int index) {
    return RunActorProcess(address, permission, index, stop);
  };
  return options;
}

void AddActorsToSummary(const std::string& run_dir, const SupervisorResult& result, bool gave_up) {
  SupervisorFacts facts;
  for (size_t i = 0; i < result.actor_peak_rss_bytes.size(); ++i) {
    const int64_t peak = result.actor_peak_rss_bytes[i];
    if (peak > 0) facts.peak_rss_bytes[absl::StrCat("actor-", i)] = static_cast<uint64_t>(peak);
  }
  facts.actor_restarts = static_cast<uint64_t>(result.actor_restarts);
  facts.learner_restarts = static_cast<uint64_t>(result.learner_restarts);
  if (gave_up) facts.exit_reason = "an actor failed too often";
  const std::string path = RunPaths(run_dir).summary();
  if (!PathExists(path)) return;
  const absl::Status status = AddSupervisorFacts(path, facts);
  if (!status.ok()) LogLine(status.message());
}

// The exit status, after the lines that explain it.
int Conclude(const SupervisorResult& result, const RunReference& run) {
  if (WIFSIGNALED(result.learner_status)) {
    const std::string often = result.learner_restarts == 0
                                  ? ""
                                  : absl::StrCat(", after ", result.learner_restarts, " restart",
                                                 result.learner_restarts == 1 ? "" : "s");
    LogLine(absl::StrCat("the learner ", DescribeEnd(result.learner_status), often,
                         "; resume with: ", ResumeCommand(run)));
    return kExitFailed;
  }
  const int status = WEXITSTATUS(result.learner_status);
  const bool gave_up = result.gave_up && status == kExitInterrupted;
  if (status != kExitFailed && status != kExitUsage) {
    AddActorsToSummary(run.run_dir, result, gave_up);
  }
  if (gave_up) {
    LogLine(absl::StrCat("given up, an actor failed too often; resume with: ", ResumeCommand(run)));
    return kExitFailed;
  }
  SayClosingWords(run, status);
  return status == kExitInterrupted ? kExitFailed : status;
}

class TrainCommand : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override {
    return "Train on this machine: a learner and its actors, from start to end";
  }

  std::string notes() const override {
    return "A field of the configuration comes from, the last one that names it: the defaults,\n"
           "the preset, --config, then --set and the other flags.\n"
           "The run folder gets config.textproto, metrics.jsonl, TensorBoard events, checkpoints\n"
           "and, at the end, summary.json. Ctrl-C, SIGTERM or a terminal that closes ends the run\n"
           "with a checkpoint; a second Ctrl-C or SIGTERM, more than a second later, ends it at\n"
           "once. --resume goes on from the newest checkpoint, also after a crash. Actors that "
           "die\n"
           "are started again, and so is a learner that crashes, from its newest checkpoint, at\n"
           "most limits.learner_restarts times. What an environment started ends with its actor.\n"
           "Lines that nobody reads are dropped and counted: no output holds up a run.\n"
           "Exit status: 0 did what it was asked, 2 the command line or the configuration is\n"
           "wrong, 3 the goal was not reached within the budget, 1 anything else, as an\n"
           "interruption.";
  }
  std::string examples() const override {
    return "nyala train --env=CartPole-v1\n"
           "nyala train --preset=cartpole-a2c --frames=1e6 --set optimizer.learning_rate=1e-3\n"
           "nyala train --resume --run=runs/mine --frames=5e6";
  }
  void AddFlags(CLI::App& app) override {
    run_flags_.AddTo(app);
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext& context) override {
    const absl::StatusOr<RunPlan> plan = Plan();
    if (!plan.ok()) {
      LogLine(plan.status().message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    // Before the socket's folder, so that no signal can keep that from being removed.
    SignalInbox signals;
    const absl::StatusOr<SupervisorResult> result = Supervise(*plan, context, &signals);
    if (!result.ok()) {
      LogLine(result.status().message());
      return kExitFailed;
    }
    const int status = Conclude(*result, {context.program, "train", plan->run_dir,
                                          plugin_flags_.Text(), plugin_flags_.Text()});
    // Before the signals are let through again: the outcome is said, and nothing may change it.
    std::fflush(nullptr);
    _exit(status);
  }

 private:
  absl::StatusOr<RunPlan> Plan() {
    NYALA_RETURN_IF_ERROR(plugin_flags_.Load());
    NYALA_ASSIGN_OR_RETURN(const RunRequest request, run_flags_.Request());
    NYALA_ASSIGN_OR_RETURN(RunPlan plan, PlanRun(request));
    for (const std::string& notice : plan.notices) LogLine(notice);
    sizes_ = ChooseSizes(&plan.config);
    return plan;
  }

  absl::StatusOr<SupervisorResult> Supervise(const RunPlan& plan, const CommandContext& context,
                                             SignalInbox* signals) {
    NYALA_ASSIGN_OR_RETURN(const SocketFolder folder, SocketFolder::Create());
    LearnerOptions learner;
    learner.config = plan.config;
    learner.env = plan.env;
    learner.run_dir = plan.run_dir;
    learner.resume = plan.resume;
    learner.listen = folder.address();
    learner.started_at = context.started_at;
    learner.actors_here = true;
    learner.seconds_before = SecondsBefore(plan);
    learner.actors_end_with_it = true;
    SupervisorOptions options = MakeSupervisorOptions(learner, folder.path());
    // Once, and not of a run that is refused.
    options.on_ready = [this] {
      if (!sizes_.empty()) LogLine(sizes_);
      sizes_.clear();
    };
    return Supervisor(std::move(options), signals).Run();
  }

  std::string sizes_;  // what was chosen, to be said
  RunFlags run_flags_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeTrainCommand() { return std::make_unique<TrainCommand>(); }

}  // namespace nyala
