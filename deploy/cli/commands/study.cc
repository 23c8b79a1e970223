#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/thread.h"
#include "common/nn/blas/blas.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "common/system/machine.h"
#include "deploy/cli/command.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/run_flags.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"
#include "deploy/study/curves.h"
#include "deploy/study/lag_study.h"

namespace nyala {
namespace {

constexpr int kFrames = 200'000;

// All runs of a lag study, a few at a time, in any order.
class LagRuns {
 public:
  LagRuns(const RunConfig& config, const std::vector<std::string>& corrections,
          const std::vector<int64_t>& lags, int64_t seeds, const StopSource& stop)
      : config_(config), corrections_(corrections), lags_(lags), seeds_(seeds), stop_(stop) {
    curves_.title =
        absl::StrFormat("%s: return after %.3g frames, %d seeds", config.environment().id(),
                        static_cast<double>(config.limits().frames()), seeds);
    curves_.x_name = "lag";
    curves_.y_name = "return";
    for (const int64_t lag : lags) curves_.x.push_back(static_cast<double>(lag));
    for (const std::string& correction : corrections) {
      curves_.curves.push_back(
          {correction, std::vector<std::vector<double>>(lags.size(), std::vector<double>(seeds))});
    }
  }

  absl::StatusOr<Curves> RunAll(int threads) {
    {
      std::vector<Thread> workers;
      for (int i = 0; i < threads; ++i) {
        workers.emplace_back(absl::StrCat("study-", i), [this] { Work(); });
      }
    }
    MutexLock lock(mu_);
    if (!error_.ok()) return error_;
    return curves_;
  }

 private:
  void Work() {
    const size_t all = corrections_.size() * lags_.size() * static_cast<size_t>(seeds_);
    for (size_t i = next_++; i < all && !failed_; i = next_++) {
      const size_t seed = i % seeds_, lag = i / seeds_ % lags_.size();
      const size_t correction = i / seeds_ / lags_.size();
      RunConfig config = config_;
      config.mutable_algorithm()->set_correction(corrections_[correction]);
      const auto result =
          TrainUnderLag(config, {lags_[lag], config_.seed() + static_cast<uint64_t>(seed)}, stop_);
      MutexLock lock(mu_);
      if (!result.ok()) {
        if (error_.ok()) error_ = result.status();
        failed_ = true;
        return;
      }
      curves_.curves[correction].values[lag][seed] = *result;
      ++done_;
      LogLine(absl::StrFormat("%d of %d: %s, lag %d, seed %d: return %.4g", done_, all,
                              corrections_[correction], lags_[lag], config_.seed() + seed,
                              *result));
    }
  }

  const RunConfig config_;
  const std::vector<std::string> corrections_;
  const std::vector<int64_t> lags_;
  const int64_t seeds_;
  const StopSource& stop_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  Mutex mu_;
  Curves curves_ ABSL_GUARDED_BY(mu_);
  size_t done_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status error_ ABSL_GUARDED_BY(mu_);
};

class StudyCommand : public Command {
 public:
  std::string name() const override { return "study"; }
  std::string summary() const override {
    return "`study lag`: return against a controlled policy lag, for each correction";
  }
  std::string notes() const override {
    return "`study lag` trains many small runs in this process. In each, every update learns from\n"
           "unrolls that the policy of exactly LAG versions before acted. It prints a table and a\n"
           "plot of the return at the end, and with --out writes lag.csv and lag.svg there.\n"
           "--frames is the budget of one run; 200,000 if it is not given.";
  }
  std::string examples() const override {
    return "nyala study lag --env=CartPole-v1 --seeds=3 --out=lag\n"
           "nyala study lag --env=Catch --lags=0,8,64 --corrections=vtrace,none --frames=2e5";
  }

  void AddFlags(CLI::App& app) override {
    app.add_option("WHAT", what_, "What to study: lag");
    app.add_option("--lags", lags_, "Versions between acting and learning policy")
        ->delimiter(',')
        ->type_name("N,...")
        ->check(CLI::Range(int64_t{0}, int64_t{100'000}));
    app.add_option("--corrections", corrections_, "vtrace, one_step_is, epsilon, none")
        ->delimiter(',')
        ->type_name("NAME,...")
        ->check(CLI::IsMember({"vtrace", "one_step_is", "epsilon", "none"}));
    app.add_option("--seeds", seeds_, "Runs for each point, from --seed on")
        ->type_name("N")
        ->check(CLI::Range(int64_t{1}, int64_t{1000}))
        ->capture_default_str();
    app.add_option("--out", out_, "Folder for lag.csv and lag.svg")->type_name("DIR");
    flags_.AddConfigTo(app);
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext&) override {
    if (what_ != "lag") {
      LogLine(what_.empty() ? "study needs to know what: nyala study lag"
                            : absl::StrCat("unknown study '", what_, "'; there is: lag"));
      return kExitUsage;
    }
    const absl::StatusOr<RunConfig> config = Config();
    if (!config.ok()) {
      LogLine(config.status().message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    return RunKept("nyala-study", "the study", [&](StopSource& stop) {
      const absl::Status done = Study(*config, stop);
      if (done.ok()) return kExitDone;
      LogLine(stop.stop_requested() ? stop.reason() : std::string(done.message()));
      return kExitFailed;
    });
  }

 private:
  absl::StatusOr<RunConfig> Config() {
    NYALA_RETURN_IF_ERROR(plugin_flags_.Load());
    NYALA_ASSIGN_OR_RETURN(RunRequest request, flags_.Request());
    // The budget of a preset is for one run, not for a hundred.
    request.overrides.insert(request.overrides.begin(), absl::StrCat("limits.frames=", kFrames));
    NYALA_ASSIGN_OR_RETURN(RunPlan plan, PlanRun(request));
    if (plan.config.algorithm().name() != "impala") {
      return absl::InvalidArgumentError(
          absl::StrCat("study lag compares impala's corrections; algorithm.name is '",
                       plan.config.algorithm().name(), "': use --algorithm=impala"));
    }
    return plan.config;
  }

  absl::Status Study(const RunConfig& config, const StopSource& stop) {
    LagRuns runs(config, corrections_, lags_, seeds_, stop);
    NYALA_ASSIGN_OR_RETURN(const Curves curves, runs.RunAll(UsableCores()));
    std::printf("%s: median (least .. greatest)\n%s\n%s", curves.title.c_str(),
                ToTable(curves).c_str(), ToTextPlot(curves).c_str());
    if (out_.empty()) return absl::OkStatus();
    NYALA_RETURN_IF_ERROR(MakeDirs(out_));
    NYALA_RETURN_IF_ERROR(WriteFile(absl::StrCat(out_, "/lag.csv"), ToCsv(curves)));
    return WriteFile(absl::StrCat(out_, "/lag.svg"), ToSvg(curves));
  }

  std::string what_;
  std::vector<int64_t> lags_ = {0, 1, 2, 4, 8, 16, 32, 64};
  std::vector<std::string> corrections_ = {"vtrace", "one_step_is", "epsilon", "none"};
  int64_t seeds_ = 1;
  std::string out_;
  RunFlags flags_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyCommand() { return std::make_unique<StudyCommand>(); }

}  // namespace nyala
