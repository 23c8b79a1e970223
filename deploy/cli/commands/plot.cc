#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "deploy/cli/command.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/plot/learning_curves.h"

namespace nyala {
namespace {

class PlotCommand : public Command {
 public:
  std::string name() const override { return "plot"; }
  std::string summary() const override { return "Learning curves of runs as a picture"; }
  std::string notes() const override {
    return "Draws the mean return of the last 100 episodes out of the runs' metrics.jsonl,\n"
           "also of runs that are still training. Runs of one environment and algorithm make\n"
           "one line, their mean, with a band from the least to the greatest; --group names\n"
           "other fields of the configuration to tell lines apart by, or `run` for a line for\n"
           "each run. A run that ended before others of its line counts with its last return.";
  }
  std::string examples() const override {
    return "nyala plot runs/mine --out=mine.png\n"
           "nyala plot runs/CartPole-v1-* --group=algorithm.name,batch.unroll_length --x=seconds";
  }

  void AddFlags(CLI::App& app) override {
    app.add_option("RUN_DIR", folders_, "Run folders")->type_name("");
    app.add_option("--out", out_, "The picture, .png or .svg")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--x", x_, "frames or seconds")
        ->check(CLI::IsMember({"frames", "seconds"}))
        ->capture_default_str();
    app.add_option("--group", options_.group, "Fields whose values tell lines apart, or run")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("FIELD,...")
        ->capture_default_str();
    app.add_option("--label", options_.labels, "Names of the lines, in their order")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("TEXT,...");
    app.add_option("--title", options_.title, "Default: the environment")->type_name("TEXT");
    app.add_option("--goal", options_.goals, "Dashed lines; default: the runs' goals")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("R,...");
  }

  int Run(const CommandContext&) override {
    if (folders_.empty()) return UsageError("plot needs run folders: nyala plot RUN_DIR...");
    const bool svg = absl::EndsWithIgnoreCase(out_, ".svg");
    if (!svg && !absl::EndsWithIgnoreCase(out_, ".png")) {
      return UsageError(absl::StrCat("plot: --out: '", out_, "' does not end in .png or .svg"));
    }
    options_.by_seconds = x_ == "seconds";
    const absl::Status drawn = Draw(svg ? Canvas::Kind::kSvg : Canvas::Kind::kPixels);
    if (drawn.ok()) {
      std::printf("%s\n", out_.c_str());
      return kExitDone;
    }
    LogLine(drawn.message());
    return absl::IsInvalidArgument(drawn) ? kExitUsage : kExitFailed;
  }

 private:
  static int UsageError(const std::string& message) {
    LogLine(message);
    return kExitUsage;
  }

  absl::Status Draw(Canvas::Kind kind) const {
    std::vector<PlottedRun> runs;
    for (const std::string& folder : folders_) {
      NYALA_ASSIGN_OR_RETURN(PlottedRun run, ReadRun(folder));
      runs.push_back(std::move(run));
    }
    NYALA_ASSIGN_OR_RETURN(const Chart chart, MakeLearningCurves(runs, options_));
    return WriteFileAtomically(out_, DrawChart(chart, kind));
  }

  std::vector<std::string> folders_;
  std::string out_ = "curves.png";
  std::string x_ = "frames";
  LearningCurvesOptions options_;
};

}  // namespace

std::unique_ptr<Command> MakePlotCommand() { return std::make_unique<PlotCommand>(); }

}  // namespace nyala
