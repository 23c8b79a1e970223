#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/gym_family.h"
#include "actor/rollout/evaluate.h"
#include "common/base/status_macros.h"
#include "common/nn/blas/blas.h"
#include "common/system/log.h"
#include "deploy/cli/command.h"
#include "deploy/cli/commands/learner_process.h"
#include "deploy/cli/foreign_run.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/returns.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"
#include "deploy/policy/checkpoint_parameters.h"
#include "deploy/render/recorder.h"
#include "learner/run/checkpoint_store.h"
#include "learner/run/run_folder.h"

namespace nyala {
namespace {

class EvalCommand : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "Play a run's checkpoint and print the returns"; }
  std::string notes() const override {
    return "Prints mean, median, standard deviation, min and max of the episodes' returns,\n"
           "undiscounted and unscaled. It may read a run that is still training.\n"
           "With --render it plays one episode (or --episodes of them, one after another) of\n"
           "an environment that draws itself, and makes FILE.gif, FILE.mp4 (needs ffmpeg),\n"
           "FILE.png (a sheet of up to 12 frames), or with `ansi` shows it in the terminal.\n"
           "Frames after the first --max-frames are left out.\n"
           "A line says which code or files outside of the run's folder its configuration uses.";
  }
  std::string examples() const override {
    return "nyala eval --run=runs/mine --episodes=100\n"
           "nyala eval --run=runs/mine --checkpoint=best --greedy --json\n"
           "nyala eval --run=runs/mine --render=episode.gif\n"
           "nyala eval --run=runs/mine --render=ansi";
  }

  void AddFlags(CLI::App& app) override {
    app.add_option("--run", run_dir_, "Run folder")->type_name("DIR");
    episodes_given_ = app.add_option("--episodes", options_.episodes,
                                     "Whole episodes to play; default: 100, with --render 1")
                          ->type_name("N")
                          ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
    app.add_option("--max-episode-frames", options_.max_episode_frames,
                   "Cut episodes after so many frames, 0: never; default: as training did, else "
                   "100000 where nothing else ends them")
        ->type_name("N")
        ->check(CLI::Range(uint64_t{0}, uint64_t{1'000'000'000'000}));
    app.add_option("--checkpoint", checkpoint_, "Its number of updates, or best; default: newest")
        ->type_name("NAME");
    app.add_option("--seed", options_.seed, "Decides starts and sampled actions")
        ->type_name("N")
        ->capture_default_str();
    app.add_flag("--greedy", options_.greedy, "The most probable action instead of a sampled one");
    app.add_flag("--json", json_, "One line of JSON instead of text");
    CLI::Option* const render = app.add_option("--render", record_.film.target,
                                               "Film what is played: .gif, .mp4, .png, ansi")
                                    ->type_name("FILE");
    app.add_option("--fps", record_.film.fps, "Frames a second of the film")
        ->type_name("N")
        ->check(CLI::Range(0.1, 240.0))
        ->capture_default_str()
        ->needs(render);
    app.add_option("--every", record_.every, "Film every so many frames, and the last")
        ->type_name("N")
        ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
        ->capture_default_str()
        ->needs(render);
    app.add_option("--max-frames", record_.max_frames, "Frames of the film, at most")
        ->type_name("N")
        ->check(CLI::Range(int64_t{1}, int64_t{100'000}))
        ->capture_default_str()
        ->needs(render);
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext&) override {
    if (run_dir_.empty()) {
      LogLine("eval needs the run's folder: --run=DIR");
      return kExitUsage;
    }
    if (Renders()) {
      const absl::Status known = CheckFilmTarget(record_.film.target);
      if (!known.ok()) {
        LogLine(absl::StrCat("eval: --render: ", known.message()));
        return kExitUsage;
      }
      if (json_ && record_.film.target == "ansi") {
        LogLine("eval: --render=ansi and --json both write to the standard output; take one");
        return kExitUsage;
      }
      if (episodes_given_->count() == 0) options_.episodes = 1;
    }
    if (const absl::Status loaded = plugin_flags_.Load(); !loaded.ok()) {
      LogLine(loaded.message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    // What its environments start ends with it.
    return RunKept("nyala-eval", "the evaluation", [this](StopSource& stop) { return Tell(stop); });
  }

 private:
  int Tell(StopSource& stop) {
    const absl::StatusOr<ReturnStatistics> statistics = Play(stop);
    if (!statistics.ok()) {
      LogLine(stop.stop_requested() ? stop.reason() : std::string(statistics.status().message()));
      return kExitFailed;
    }
    std::printf("%s\n", (json_ ? ToJson(*statistics) : ToText(*statistics)).c_str());
    return kExitDone;
  }

  bool Renders() const { return !record_.film.target.empty(); }

  absl::StatusOr<ReturnStatistics> Play(StopSource& stop) {
    NYALA_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                           LoadCheckpoint(RunPaths(run_dir_).checkpoints(), checkpoint_));
    SayWhatReachesOutside(checkpoint.config);
    options_.config = checkpoint.config;
    EnvironmentConfig& environment = *options_.config.mutable_environment();
    if (Renders()) environment.set_id(DrawnId(environment.id()));
    record_.episodes = options_.episodes;
    Recorder recorder(record_);
    if (Renders()) options_.watch = [&](const WatchedRow& row) { return recorder.Add(row); };
    options_.on_hang = EndHungProcess;
    NYALA_ASSIGN_OR_RETURN(const EvalResult result,
                           Evaluate(options_, ParametersOf(checkpoint), stop));
    if (Renders()) {
      NYALA_RETURN_IF_ERROR(recorder.Finish());
      SayWhatIsFilmed(recorder);
    }
    if (result.cut > 0) {
      LogLine(absl::StrCat(result.cut, " of ", result.episodes.size(), " episodes were cut at ",
                           result.cut_frames,
                           " frames (--max-episode-frames=N for more, 0 for all)"));
    }
    std::vector<double> returns;
    for (const EpisodeResult& episode : result.episodes) returns.push_back(episode.episode_return);
    return Summarize(std::move(returns));
  }

  void SayWhatIsFilmed(const Recorder& recorder) const {
    if (record_.film.target == "ansi" && !recorder.cut()) return;
    LogLine(absl::StrCat(record_.film.target, ": ", recorder.recorded(), " of ", recorder.frames(),
                         " frames", recorder.cut() ? ", the first (--max-frames=N for more)" : ""));
  }

  std::string run_dir_;
  std::string checkpoint_;
  bool json_ = false;
  PluginFlags plugin_flags_;
  EvalOptions options_;
  RecorderOptions record_;
  const CLI::Option* episodes_given_ = nullptr;
};

}  // namespace

std::unique_ptr<Command> MakeEvalCommand() { return std::make_unique<EvalCommand>(); }

}  // namespace nyala
