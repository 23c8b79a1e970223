#include "learner/learner_run.h"

#include <unistd.h>

#include <algorithm>
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

// The reason with which the stop is requested.
constexpr char kTimeBudgetUsed[] = "time budget used";

Roster::Options RosterOptions(const RunConfig& config) {
  Roster::Options options;
  options.lease_seconds = config.transport().lease_seconds();
  options.most_members = static_cast<size_t>(config.transport().max_streams());
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
  store_.Close();
}

absl::StatusOr<std::unique_ptr<LearnerRun>> LearnerRun::Open(const LearnerOptions& options,
                                                             StopSource& stop) {
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
    state->version = checkpoint.version;
    state->updates = checkpoint.updates;
    state->frames = checkpoint.frames;
    state->environment_frames_before = checkpoint.environment_frames;
    state->seconds_before = options_.seconds_before.value_or(checkpoint.seconds);
    state->episodes = checkpoint.episodes;
    state->lag = checkpoint.policy_lag;
    state->replayed_frames = checkpoint.replayed_frames;
    state->replay_age = checkpoint.replay_age;
    // A goal that was reached counts for that goal alone.
    const LimitsConfig& earlier = checkpoint.config.limits();
    const LimitsConfig& now = options_.config.limits();
    if (now.has_goal() && earlier.has_goal() && now.goal() == earlier.goal()) {
      state->seconds_to_goal = checkpoint.seconds_to_goal;
      state->frames_to_goal = checkpoint.frames_to_goal;
    } else if (now.has_goal() && state->episodes.full() &&
               state->episodes.mean_return() >= now.goal()) {
      // Another goal, and where the run is already.
      state->seconds_to_goal = checkpoint.seconds;
      state->frames_to_goal = checkpoint.frames;
    }
  });
  roster_ = std::make_unique<Roster>(checkpoint.actors, checkpoint.next_environment,
                                     RosterOptions(options_.config));
  Log("resuming run %s at update %d, %d frames, from %s", checkpoint.run_id, checkpoint.updates,
      checkpoint.frames, folder_->paths().checkpoints());
  return absl::OkStatus();
}

absl::Status LearnerRun::MakeAssembler(int shards) {
  const RunState state = state_.Read();
  AssemblyOptions options;
  options.config = options_.config;
  options.unroll = trainer_->unroll_spec();
  options.shards = shards;
  options.session_frames = session_frames_;
  options.version = state.version;
  options.updates = state.updates;
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
  core.column_bytes = ColumnBytes(options_.config, core.unroll, session_frames_);
  core.most_bytes =
      core.column_bytes == 0 ? 0 : MostBatchBytes(options_.config, UsableMemoryBytes());
  core.message_memory = MessageMemory(options_.config.transport(), UsableMemoryBytes());
  // A supervisor says who comes and goes.
  core.tell_joins = options_.ready_fd < 0;
  core_ = std::make_unique<LearnerCore>(core, assembler_.get(), &store_, roster_.get());
  ParameterSnapshot initial = trainer_->Snapshot(state_.Read().version);
  initial.frames = state_.Read().frames;
  store_.Publish(std::make_shared<const ParameterSnapshot>(std::move(initial)));

  LearnerServerOptions server;
  server.listen = options_.listen;
  server.security = options_.security;
  server.transport = options_.config.transport();
  server.reflection = options_.reflection;
  server.on_tick = [this] {
    core_->Tick();
    // Here too, where no disk is waited for.
    StopInTime();
  };
  const auto status = [this] {
    const RunState state = state_.Read();
    return LearnerStatus{folder_->run_id(), folder_->incarnation(),       state.version,
                         state.frames,      state.episodes.mean_return(), roster_->joined()};
  };
  NYALA_ASSIGN_OR_RETURN(server_, LearnerServer::Start(server, *core_, status));

  std::optional<uint64_t> resumed_at;
  if (options_.resume) resumed_at = state_.Read().frames;
  NYALA_ASSIGN_OR_RETURN(MetricsWriter metrics,
                         MetricsWriter::Open(folder_->paths(), resumed_at,
                                             options_.config.metrics().max_file_bytes()));
  Reporter::Parts parts{&state_,       assembler_.get(),         core_.get(),
                        roster_.get(), [this] { StopInTime(); }, [this] { return Seconds(); },
                        choice_.help,  &server_->door()};
  reporter_ = std::make_unique<Reporter>(options_.config, parts, std::move(metrics),
                                         options_.show_progress);
  stop_.OnStop([assembler = assembler_] { assembler->Hold(); });
  LogLine(choice_.why);
  AnnounceReady();
  return absl::OkStatus();
}

void LearnerRun::StopInTime() {
  const double budget = options_.config.limits().seconds();
  if (budget > 0 && state_.Read().seconds_before + Seconds() >= budget) {
    stop_.RequestStop(kTimeBudgetUsed);
  }
}

void LearnerRun::AnnounceReady() {
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

double LearnerRun::Seconds() const { return MonotonicSeconds() - options_.started_at; }

Checkpoint LearnerRun::Capture(const RunState& state) const {
  Checkpoint checkpoint;
  checkpoint.config = options_.config;
  checkpoint.run_id = folder_->run_id();
  checkpoint.incarnation = folder_->incarnation();
  checkpoint.version = state.version;
  checkpoint.updates = state.updates;
  checkpoint.frames = state.frames;
  checkpoint.environment_frames =
      state.environment_frames_before + core_->counters().environment_frames;
  checkpoint.seconds = state.seconds_before + Seconds();
  checkpoint.seconds_to_goal = state.seconds_to_goal;
  checkpoint.frames_to_goal = state.frames_to_goal;
  checkpoint.layout = trainer_->layout();
  checkpoint.next_environment = roster_->next_environment();
  checkpoint.episodes = state.episodes;
  checkpoint.policy_lag = state.lag;
  checkpoint.replayed_frames = state.replayed_frames;
  checkpoint.replay_age = state.replay_age;
  if (replay_ != nullptr && options_.config.checkpoint().replay()) {
    checkpoint.replay_source = replay_->Snapshot();
  }
  checkpoint.actors = roster_->ForCheckpoint();
  checkpoint.model = trainer_->ModelTensors();
  checkpoint.optimizer = trainer_->OptimizerTensors();
  return checkpoint;
}

Summary LearnerRun::Summarize(const std::string& reason) const {
  const RunState state = state_.Read();
  Summary summary;
  summary.frames = state.frames;
  summary.replayed_frames = state.replayed_frames;
  summary.mean_replay_age = state.replay_age.Mean();
  summary.updates = state.updates;
  summary.seconds = state.seconds_before + Seconds();
  summary.frames_per_second = static_cast<double>(state.frames) / std::max(1e-9, summary.seconds);
  summary.mean_return_100 = state.episodes.mean_return();
  summary.best_mean_return_100 = state.episodes.best_mean_return();
  summary.goal_reached = state.frames_to_goal.has_value();
  summary.seconds_to_goal = state.seconds_to_goal;
  summary.frames_to_goal = state.frames_to_goal;
  summary.policy_lag = SummarizeLag(state.lag);
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
  parts.on_new_version = [this] { server_->OnNewVersion(store_.version()); };
  parts.seconds = [this] { return Seconds(); };
  absl::StatusOr<std::string> ended = TrainingLoop(options_.config, parts).Run();

  LearnerResult result;
  result.run_dir = options_.run_dir;
  result.goal_named = options_.config.limits().has_goal();
  result.goal_reached = state_.Read().frames_to_goal.has_value();
  if (ended.ok() && stop_.stop_requested()) {
    const std::string reason = stop_.reason();
    // A goal or budget that was reached while the signal was under way is still reached.
    if (*ended == "stopped") {
      *ended = reason;
      result.interrupted = reason != kTimeBudgetUsed;
    }
  }
  const bool failed = !ended.ok();
  result.exit_reason = failed ? std::string(ended.status().message()) : *ended;
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
  const bool over = options_.actors_end_with_it || (status.ok() && !result.interrupted);
  const std::string reason =
      over ? "the run is over"
           : absl::StrCat("the learner stopped: ",
                          status.ok() ? result.exit_reason : std::string(status.message()));
  assembler_->Close(over ? absl::CancelledError(reason) : absl::UnavailableError(reason));
  store_.Close();
  server_->Stop(over ? ServiceEnd::kRunOver : ServiceEnd::kLearnerStopping, reason);
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
