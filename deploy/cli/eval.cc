#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "actor/evaluate.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "deploy/cli/blas.h"
#include "deploy/cli/checkpoint_parameters.h"
#include "deploy/cli/command.h"
#include "deploy/cli/returns.h"
#include "deploy/exit_codes.h"
#include "learner/checkpoint_store.h"
#include "learner/run_folder.h"

namespace nyala {
namespace {

class EvalCommand : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "Play a run's checkpoint and print the returns"; }
  std::string notes() const override {
    return "Prints mean, median, standard deviation, min and max of the episodes' returns,\n"
           "undiscounted and unscaled. It may read a run that is still training.";
  }
  std::string examples() const override {
    return "nyala eval --run=runs/mine --episodes=100\n"
           "nyala eval --run=runs/mine --checkpoint=best --greedy --json";
  }

  void AddFlags(CLI::App& app) override {
    app.add_option("--run", run_dir_, "Run folder")->type_name("DIR");
    app.add_option("--episodes", options_.episodes, "Whole episodes to play")
        ->type_name("N")
        ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}))
        ->capture_default_str();
    app.add_option("--checkpoint", checkpoint_, "Its number of updates, or best; default: newest")
        ->type_name("NAME");
    app.add_option("--seed", options_.seed, "Decides starts and sampled actions")
        ->type_name("N")
        ->capture_default_str();
    app.add_flag("--greedy", options_.greedy, "The most probable action instead of a sampled one");
    app.add_flag("--json", json_, "One line of JSON instead of text");
  }

  int Run(const CommandContext&) override {
    if (run_dir_.empty()) {
      LogLine("eval needs the run's folder: --run=DIR");
      return kExitUsage;
    }
    WarnIfSlowBlas();
    StopSource& stop = *new StopSource;  // outlives the signal thread
    InstallSignalHandlers(&stop);
    const absl::StatusOr<ReturnStatistics> statistics = Play(stop);
    if (!statistics.ok()) {
      LogLine(stop.stop_requested() ? stop.reason() : std::string(statistics.status().message()));
      return kExitFailed;
    }
    std::printf("%s\n", (json_ ? ToJson(*statistics) : ToText(*statistics)).c_str());
    return kExitDone;
  }

 private:
  absl::StatusOr<ReturnStatistics> Play(StopSource& stop) {
    NYALA_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                           LoadCheckpoint(RunPaths(run_dir_).checkpoints(), checkpoint_));
    options_.config = checkpoint.config;
    NYALA_ASSIGN_OR_RETURN(const EvalResult result,
                           Evaluate(options_, ParametersOf(checkpoint), stop));
    std::vector<double> returns;
    for (const EpisodeResult& episode : result.episodes) returns.push_back(episode.episode_return);
    return Summarize(std::move(returns));
  }

  std::string run_dir_;
  std::string checkpoint_;
  bool json_ = false;
  EvalOptions options_;
};

}  // namespace

std::unique_ptr<Command> MakeEvalCommand() { return std::make_unique<EvalCommand>(); }

}  // namespace nyala
