#include "learner/learner_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/counted.h"
#include "common/base/shell_quote.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/system/descriptors.h"
#include "common/system/log.h"
#include "common/system/machine.h"
#include "common/wire/address.h"
#include "common/wire/memory.h"
#include "learner/admission/assembly.h"
#include "learner/admission/fits.h"
#include "learner/run/checkpoint_store.h"
#include "learner/training/shard_choice.h"

namespace nyala {

namespace {

Roster::Options RosterOptions(const RunConfig& config) {
  Roster::Options options;
  options.lease_seconds = config.transport().lease_seconds();
  options.most_members = static_cast<size_t>(config.transport().max_streams());
  options.batches_wait = TakesTurns(config);
  options.most_state_bytes = static_cast<uint64_t>(UsableMemoryBytes() / 8);
  return options;
}

// Minibatches of whole columns, of a batch that is those of the actors that are asked for.
absl::Status CheckMinibatches(const RunConfig& config, int64_t columns) {
  const AlgorithmConfig& algorithm = config.algorithm();
  if (!IsSynchronous(config) || algorithm.shuffle_frames() || config.actor().actors() < 1 ||
      algorithm.minibatches() <= columns) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "algorithm.minibatches is ", algorithm.minibatches(), " but the actors have ", columns,
      " columns together; set algorithm.shuffle_frames=true, or more environments"));
}

}  // namespace

LearnerRun::LearnerRun(const LearnerOptions& options, StopSource& stop)
    : options_(options), stop_(stop) {}

LearnerRun::~LearnerRun() {
  // Whoever still waits inside the learner is let go before its parts are.
  if (assembler_ != nullptr) assembler_->Close(absl::UnavailableError("the learner is gone"));
}

absl::StatusOr<std::unique_ptr<LearnerRun>> LearnerRun::Open(const LearnerOptions& options,
                                                             StopSource& stop) {
  NYALA_RETURN_IF_ERROR(CheckAddressSpace());
  RaiseDescriptorLimit();
  auto run = std::unique_ptr<LearnerRun>(new LearnerRun(options, stop));
  const RunConfig& config = options.config;
  if (UpdateRuleOf(config) == UpdateRule::kWholeSessions) {
    NYALA_ASSIGN_OR_RETURN(run->session_frames_,
                           SessionFrames(config, options.env.max_episode_steps));
  }
  const int64_t columns = UsualColumns(config, run->session_frames_);
  NYALA_RETURN_IF_ERROR(CheckMinibatches(config, columns));
  const ShardChoice choice = ChooseShards(config, columns, UsableCores());
  const int shards = choice.shards;
  NYALA_RETURN_IF_ERROR(run->MakeTrainer(columns, shards));
  run->choice_ = choice;
  absl::Status started = run->OpenFolder();
  if (started.ok()) started = run->MakeAssembler(shards);
  if (started.ok()) started = run->StartServing();
  if (!started.ok()) {
    // Nothing has happened in this run: the folder stays free for another try.
    if (!options.resume && run->folder_ != nullptr) run->folder_->Abandon();
    return started;
  }
  return run;
}

// Nothing is allocated before it is known to fit, the networks by the widths that are configured
// and then by the number of parameters that the first one has.
absl::Status LearnerRun::MakeTrainer(int64_t columns, int shards) {
  const RunConfig& config = options_.config;
  RunSize size;
  size.config = config;
  size.run_dir = options_.run_dir;
  size.unroll.T = config.batch().unroll_length();
  size.unroll.E = config.actor().envs_per_thread();
  size.unroll.observation = options_.env.observation;
  size.unroll.action = options_.env.action;
  size.columns = columns;
  size.shards = shards;
  size.actors_here = options_.actors_here;
  const MachineRoom room = MeasureMachine(options_.run_dir);
  std::vector<std::string> notes;
  const auto check = [&](int64_t parameters) {
    size.parameters = parameters;
    size.gradient_values = parameters;
    notes.clear();
    return CheckFits(size, room, &notes);
  };
  NYALA_RETURN_IF_ERROR(check(LeastParameters(config, options_.env.observation)));
  NYALA_ASSIGN_OR_RETURN(trainer_, Trainer::Create({config, options_.env, shards, check}));
  for (const std::string& note : notes) LogLine(note);
  return absl::OkStatus();
}

absl::Status LearnerRun::OpenFolder() {
  const RunConfig& config = options_.config;
  std::optional<Checkpoint> checkpoint;
  if (options_.resume) {
    NYALA_ASSIGN_OR_RETURN(folder_, RunFolder::Resume(options_.run_dir));
    absl::StatusOr<Checkpoint> loaded =
        LoadCheckpoint(folder_->paths().checkpoints(), "", trainer_->layout());
    if (!loaded.ok() && !absl::IsNotFound(loaded.status())) return loaded.status();
    if (loaded.ok()) checkpoint = *std::move(loaded);
  } else {
    NYALA_ASSIGN_OR_RETURN(folder_, RunFolder::Create(options_.run_dir, config));
  }
  CheckpointStoreOptions store_options;
  store_options.keep = config.checkpoint().keep();
  NYALA_ASSIGN_OR_RETURN(
      CheckpointStore checkpoints,
      CheckpointStore::Open(folder_->paths().checkpoints(), std::move(store_options)));
  checkpointer_ = std::make_unique<Checkpointer>(std::move(checkpoints), config.checkpoint());
  if (!checkpoint) {
    if (options_.resume) {
      Log("run %s has no checkpoint yet and starts over", folder_->run_id());
      NYALA_RETURN_IF_ERROR(folder_->WriteConfig(config));
    }
    const double before = options_.seconds_before.value_or(0);
    state_.Update([&](RunState* state) { state->seconds_before = before; });
    roster_ = std::make_unique<Roster>(std::vector<ActorSlot>(), 0, RosterOptions(config));
    return absl::OkStatus();
  }
  replay_left_ = std::move(checkpoint->replay);
  NYALA_RETURN_IF_ERROR(Restore(*checkpoint));
  // Only now: what cannot be gone on with must not be what the next try goes on with.
  return folder_->WriteConfig(config);
}

absl::Status LearnerRun::Restore(const Checkpoint& checkpoint) {
  NYALA_RETURN_IF_ERROR(trainer_->Restore(checkpoint.model, checkpoint.optimizer));
  state_.Update([&](RunState* state) {
    state->counters = checkpoint.counters;
    state->environment_frames_before = checkpoint.environment_frames;
    state->seconds_before = options_.seconds_before.value_or(checkpoint.seconds);
  });
  RestoreGoal(checkpoint);
  roster_ = std::make_unique<Roster>(checkpoint.actors, checkpoint.next_environment,
                                     RosterOptions(options_.config));
  Log("resuming run %s at update %d, %d frames, from %s", checkpoint.run_id,
      checkpoint.counters.updates, checkpoint.counters.frames, folder_->paths().checkpoints());
  return absl::OkStatus();
}

// That a goal was reached counts for that goal and environment alone. The latest episodes may have
// reached another goal already, unless they are of another environment.
void LearnerRun::RestoreGoal(const Checkpoint& checkpoint) {
  const std::optional<double> earlier = RunLimits(checkpoint.config.limits()).goal();
  const std::optional<double> now = RunLimits(options_.config.limits()).goal();
  const bool same_environment =
      checkpoint.config.environment().id() == options_.config.environment().id();
  if (now && now == earlier && same_environment) return;
  state_.Update([&](RunState* state) {
    RunCounters& counters = state->counters;
    if (!same_environment) counters.episodes = EpisodeStats();
    const bool reached = now && counters.IsAsGoodAs(*now);
    counters.seconds_to_goal = reached ? std::optional(checkpoint.seconds) : std::nullopt;
    counters.frames_to_goal = reached ? std::optional(counters.frames) : std::nullopt;
  });
}

absl::Status LearnerRun::MakeAssembler(int shards) {
  const RunState state = state_.Read();
  AssemblyOptions options;
  options.config = options_.config;
  options.unroll = trainer_->unroll_spec();
  options.shards = shards;
  options.session_frames = session_frames_;
  column_bytes_ = ColumnBytes(options_.config, options.unroll, session_frames_);
  if (column_bytes_ > 0) {
    most_batch_bytes_ = MostBatchBytes(options_.config, UsableMemoryBytes());
    options.most_columns = most_batch_bytes_ / column_bytes_;
  }
  options.version = state.counters.version;
  options.updates = state.counters.updates;
  options.replay = std::move(replay_left_);
  NYALA_ASSIGN_OR_RETURN(Assembly made, MakeAssembly(options));
  assembler_ = std::make_shared<HoldingAssembler>(std::move(made.assembler));
  replay_ = std::move(made.replay);
  return absl::OkStatus();
}

absl::Status LearnerRun::StartServing() {
  LearnerCore::Options core;
  core.config = options_.config;
  core.unroll = trainer_->unroll_spec();
  core.run_id = folder_->run_id();
  core.run_dir = folder_->paths().folder();
  core.incarnation = folder_->incarnation();
  core.layout = trainer_->layout();
  core.parameters = trainer_->parameters();
  core.gradient_values = trainer_->gradient_values();
  core.column_bytes = column_bytes_;
  core.most_bytes = most_batch_bytes_;
  core.message_memory = MessageMemory(options_.config.transport(), UsableMemoryBytes());
  // A supervisor says who comes and goes.
  core.tell_joins = options_.ready_fd < 0;
  core_ = std::make_unique<LearnerCore>(core, assembler_.get(), &store_, roster_.get());
  const RunCounters counters = state_.Read().counters;
  store_.Publish(std::make_shared<const ParameterSnapshot>(
      trainer_->Snapshot(counters.version, counters.frames)));

  LearnerServerOptions server;
  server.listen = options_.listen;
  server.security = options_.security;
  server.transport = options_.config.transport();
  server.reflection = options_.reflection;
  server.on_tick = [this] { core_->Tick(); };
  const auto status = [this] {
    const RunState state = state_.Read();
    const RunCounters& counters = state.counters;
    return LearnerStatus{folder_->run_id(), folder_->incarnation(),          counters.version,
                         counters.frames,   counters.episodes.mean_return(), roster_->joined()};
  };
  NYALA_ASSIGN_OR_RETURN(server_, LearnerServer::Start(server, *core_, status));
  store_.Subscribe([this](uint64_t version) { server_->OnNewVersion(version); });

  std::optional<uint64_t> resumed_at;
  if (options_.resume) resumed_at = counters.frames;
  NYALA_ASSIGN_OR_RETURN(MetricsWriter metrics,
                         MetricsWriter::Open(folder_->paths(), resumed_at,
                                             options_.config.metrics().max_file_bytes()));
  Reporter::Parts parts;
  parts.state = &state_;
  parts.assembler = assembler_.get();
  parts.core = core_.get();
  parts.roster = roster_.get();
  parts.seconds = [this] { return RunSeconds(); };
  parts.learner_help = choice_.help;
  parts.door = &server_->door();
  reporter_ = std::make_unique<Reporter>(options_.config, parts, std::move(metrics),
                                         options_.show_progress);
  stop_.OnStop([assembler = assembler_] { assembler->Hold(); });
  time_limit_.emplace(
      options_.config.limits(), [this] { return RunSeconds(); }, stop_);
  LogLine(choice_.why);
  AnnounceReady();
  return absl::OkStatus();
}

void LearnerRun::AnnounceReady() {
  const int actors = options_.config.actor().actors();
  if (actors > server_->most_connections()) {
    Log("actor.actors is %d but the limit of open files leaves room for %s; raise it (ulimit -n)",
        actors, Counted(server_->most_connections(), "connection"));
  }
  if (options_.ready_fd < 0) {
    Log("run folder %s; up to %s join with: nyala actor --learner=%s%s", folder_->paths().folder(),
        Counted(server_->most_connections(), "actor"),
        ShellQuote(AddressForOthers(*ParseAddress(server_->address()))), options_.actor_flags);
    return;
  }
  const std::string line = server_->address() + "\n";
  if (write(options_.ready_fd, line.data(), line.size()) < 0) Log("nobody waits for the learner");
  close(options_.ready_fd);
}

double LearnerRun::RunSeconds() const {
  const double before = state_.Read([](const RunState& state) { return state.seconds_before; });
  return before + MonotonicSeconds() - options_.started_at;
}

Checkpoint LearnerRun::Capture(const RunState& state) const {
  Checkpoint checkpoint;
  checkpoint.config = options_.config;
  checkpoint.run_id = folder_->run_id();
  checkpoint.incarnation = folder_->incarnation();
  checkpoint.counters = state.counters;
  checkpoint.environment_frames =
      state.environment_frames_before + core_->counters().environment_frames;
  checkpoint.seconds = RunSeconds();
  checkpoint.layout = trainer_->layout();
  checkpoint.next_environment = roster_->next_environment();
  if (replay_ != nullptr && options_.config.checkpoint().replay()) {
    checkpoint.replay_source = replay_->Snapshot();
  }
  checkpoint.actors = roster_->ForCheckpoint();
  checkpoint.model = trainer_->ModelTensors();
  checkpoint.optimizer = trainer_->OptimizerTensors();
  return checkpoint;
}

Summary LearnerRun::Summarize(const std::string& reason) const {
  Summary summary = nyala::Summarize(state_.Read().counters, RunSeconds());
  summary.actors = roster_->most_joined();
  summary.exit_reason = reason;
  summary.peak_rss_bytes["learner"] = PeakRssBytes();
  return summary;
}

absl::StatusOr<LearnerResult> LearnerRun::Train() {
  TrainingLoop::Parts parts;
  parts.trainer = trainer_.get();
  parts.assembler = assembler_.get();
  parts.store = &store_;
  parts.roster = roster_.get();
  parts.checkpointer = checkpointer_.get();
  parts.state = &state_;
  parts.capture = [this](const RunState& state) { return Capture(state); };
  parts.seconds = [this] { return RunSeconds(); };
  const absl::StatusOr<EndReason> ended = TrainingLoop(options_.config.limits(), parts).Run();

  LearnerResult result;
  result.run_dir = options_.run_dir;
  result.goal_named = options_.config.limits().has_goal();
  result.goal_reached = state_.Read().counters.frames_to_goal.has_value();
  const bool failed = !ended.ok();
  if (failed) {
    result.exit_reason = std::string(ended.status().message());
  } else {
    result.reason = *ended;
    result.exit_reason = *ended == EndReason::kInterrupted ? stop_.reason() : Describe(*ended);
  }
  // Before anything that could wait for somebody else: what was learnt is safe from here on.
  assembler_->Hold();
  absl::Status status = Finish(result.exit_reason, failed);
  if (failed) {
    status = absl::InternalError(absl::StrCat(ended.status().message(), LastGoodCheckpoint()));
  }
  reporter_->Stop();
  Dismiss(result, status);
  NYALA_RETURN_IF_ERROR(status);
  return result;
}

void LearnerRun::Dismiss(const LearnerResult& result, const absl::Status& status) {
  const bool over =
      options_.actors_end_with_it || (status.ok() && result.reason != EndReason::kInterrupted);
  const std::string reason =
      over ? "the run is over"
           : absl::StrCat("the learner stopped: ",
                          status.ok() ? result.exit_reason : std::string(status.message()));
  assembler_->Close(over ? absl::CancelledError(reason) : absl::UnavailableError(reason));
  server_->Stop(over ? ServiceEnd::kRunOver : ServiceEnd::kLearnerStopping, reason);
  // Those that wait for a place ask again every two seconds, and would never hear that it is over.
  if (!over || options_.actors_end_with_it || roster_->joined() == 0) return;
  StopSource never;
  never.WaitFor(std::chrono::seconds(5));
}

absl::Status LearnerRun::Finish(const std::string& reason, bool failed) {
  absl::Status written;
  if (!failed) written = checkpointer_->WriteFinal(Capture(state_.Read()));
  const absl::Status summary =
      WriteSummary(folder_->paths().summary(),
                   Summarize(written.ok() ? reason : reason + "; the last checkpoint failed"));
  if (!written.ok()) {
    if (!summary.ok()) LogLine(summary.message());
    return absl::Status(written.code(), absl::StrCat(written.message(), LastGoodCheckpoint()));
  }
  return summary;
}

std::string LearnerRun::LastGoodCheckpoint() const {
  const DescriptorReserve reserve;
  const std::string folder = folder_->paths().checkpoints();
  const absl::StatusOr<std::string> name = NewestGoodCheckpoint(folder, trainer_->layout());
  if (absl::IsNotFound(name.status())) return "; there is no earlier checkpoint";
  if (!name.ok()) {
    return absl::StrCat("; its checkpoints could not be looked at: ", name.status().message());
  }
  return absl::StrCat("; the last good checkpoint is ", folder, "/", *name);
}

}  // namespace nyala
