#include "learner/reporter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/config/run_rules.h"
#include "common/system/log.h"
#include "learner/metrics/bottleneck.h"

namespace nyala {
namespace {

constexpr std::chrono::milliseconds kTick(100);

std::unique_ptr<ProgressPrinter> MakePrinter(const MetricsConfig& config) {
  ProgressPrinterOptions options;
  options.line_interval = config.progress_seconds();
  return std::make_unique<ProgressPrinter>(options);
}

// Mean of what `now` has and `before` had not; 0 if nothing.
double MeanSince(const Histogram& before, const Histogram& now) {
  const uint64_t count = now.count() - before.count();
  const double sum = now.Mean() * static_cast<double>(now.count()) -
                     before.Mean() * static_cast<double>(before.count());
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

Reporter::Reporter(const RunConfig& config, const Parts& parts, MetricsWriter metrics,
                   bool show_progress)
    : config_(config),
      takes_turns_(TakesTurns(config)),
      parts_(parts),
      metrics_(std::move(metrics)),
      printer_(show_progress ? MakePrinter(config.metrics()) : nullptr),
      last_(parts.state->Read()),
      last_time_(MonotonicSeconds()),
      thread_("reporter", [this] { Work(); }) {}

Reporter::~Reporter() { Stop(); }

void Reporter::Stop() {
  if (ended_.stop_requested()) return;
  ended_.RequestStop("done");
  thread_.Join();
  const RunState state = parts_.state->Read();
  rates_ = TakeRates(state);
  WriteMetrics(state);
  if (printer_ == nullptr) return;
  Progress progress = MakeProgress(state);
  // The last line speaks of the whole run, and of the actors even if they were quicker to leave.
  if (progress.actors == 0) {
    progress.actors = shown_.actors;
    progress.bottleneck = shown_.bottleneck;
  }
  // Those that leave at the end are not lost.
  progress.lost_actors = shown_.lost_actors;
  progress.frames_per_second =
      static_cast<double>(state.counters.frames) / std::max(1e-9, progress.seconds);
  printer_->Finish(progress);
  printer_.reset();
}

Reporter::Rates Reporter::TakeRates(RunState state) {
  const double now = MonotonicSeconds();
  // A wait that goes on counts too, or a learner that stands still would look busy.
  if (state.waiting_since) state.waiting_seconds += now - *state.waiting_since;
  const double elapsed = std::max(1e-9, now - last_time_);
  const double blocked = parts_.assembler->blocked_seconds();
  Rates rates;
  rates.frames_per_second =
      static_cast<double>(state.counters.frames - last_.counters.frames) / elapsed;
  rates.updates_per_second =
      static_cast<double>(state.counters.updates - last_.counters.updates) / elapsed;
  rates.waiting = std::clamp((state.waiting_seconds - last_.waiting_seconds) / elapsed, 0.0, 1.0);
  rates.blocked = std::min(1.0, (blocked - last_blocked_) / elapsed);
  rates.lag = MeanSince(last_.counters.policy_lag, state.counters.policy_lag);
  rates.replay_age = MeanSince(last_.counters.replay_age, state.counters.replay_age);
  const AdmissionCounters& counters = parts_.core->counters();
  const uint64_t accepted = counters.accepted;
  const uint64_t refused = counters.refused;
  rates.all_refused = accepted == last_accepted_ && refused > last_refused_;
  last_accepted_ = accepted;
  last_refused_ = refused;
  last_ = state;
  last_time_ = now;
  last_blocked_ = blocked;
  return rates;
}

Progress Reporter::MakeProgress(const RunState& state) const {
  Progress progress;
  progress.seconds = parts_.seconds();
  progress.frames = state.counters.frames;
  progress.frames_per_second = rates_.frames_per_second;
  progress.updates = state.counters.updates;
  progress.mean_return = state.counters.episodes.mean_return();
  if (config_.limits().has_goal()) progress.goal = config_.limits().goal();
  progress.policy_lag = rates_.lag;
  progress.actors = parts_.roster->joined();
  progress.lost_actors = parts_.core->counters().lost_actors;
  progress.bottleneck = NameBottleneck({takes_turns_, progress.actors, parts_.assembler->awaited(),
                                        rates_.waiting, rates_.blocked, parts_.learner_help});
  if (rates_.all_refused) {
    progress.bottleneck = "environment (all unrolls are refused for their numbers, see the log)";
  }
  progress.frame_budget = config_.limits().frames();
  progress.update_budget = config_.limits().updates();
  progress.seconds_budget = config_.limits().seconds();
  return progress;
}

void Reporter::WriteMetrics(const RunState& state) {
  const AdmissionCounters& counters = parts_.core->counters();
  const StepStats& step = state.last_step;
  // As many columns for a thousand actors as for one.
  const ActorLags::Summary actors = parts_.roster->LagSummary();
  std::vector<Scalar> row{
      {"frames", static_cast<double>(state.counters.frames)},
      {"updates", static_cast<double>(state.counters.updates)},
      {"seconds", parts_.seconds()},
      {"frames_per_second", rates_.frames_per_second},
      {"updates_per_second", rates_.updates_per_second},
      {"episode/mean_return_100", state.counters.episodes.mean_return()},
      {"episode/mean_length_100", state.counters.episodes.mean_length()},
      {"episode/best_mean_return_100", state.counters.episodes.best_mean_return()},
      {"episode/count", static_cast<double>(state.counters.episodes.episodes())},
      {"loss/total", step.total_loss},
      {"loss/policy", step.policy_loss},
      {"loss/baseline", step.baseline_loss},
      {"loss/entropy", step.entropy},
      {"loss/gradient_norm", step.gradient_norm},
      {"loss/learning_rate", step.learning_rate},
      {"policy_lag/mean", rates_.lag},
      {"policy_lag/max", static_cast<double>(state.counters.policy_lag.max())},
      {"policy_lag/actors_p50", actors.p50},
      {"policy_lag/actors_p90", actors.p90},
      {"policy_lag/actors_max", actors.max},
      {"unrolls/accepted", static_cast<double>(counters.accepted)},
      {"unrolls/duplicate", static_cast<double>(counters.duplicates)},
      {"unrolls/stale", static_cast<double>(counters.stale)},
      {"unrolls/malformed", static_cast<double>(counters.malformed)},
      {"unrolls/refused", static_cast<double>(counters.refused)},
      {"unrolls/superseded", static_cast<double>(counters.superseded)},
      {"updates_skipped", static_cast<double>(state.skipped_steps)},
      {"stragglers", static_cast<double>(counters.stragglers)},
      {"joins_refused", static_cast<double>(counters.refused_joins)},
      {"calls_refused", static_cast<double>(parts_.door->refused_calls)},
      {"handshakes_failed", static_cast<double>(parts_.door->failed_handshakes)},
      {"connections_closed", static_cast<double>(parts_.door->unauthenticated)},
      {"time/learner_waiting", rates_.waiting},
      {"time/unrolls_blocked", rates_.blocked},
      {"time/actors_waiting", counters.waiting_fraction},
      {"actors", static_cast<double>(parts_.roster->joined())},
      {"actors_lost", static_cast<double>(parts_.core->counters().lost_actors)},
  };
  if (config_.batch().replay_fraction() > 0) {
    row.push_back({"replay/frames", static_cast<double>(state.counters.replayed_frames)});
    row.push_back({"replay/mean_age", rates_.replay_age});
  }
  const absl::Status written = metrics_.Write(state.counters.frames, WallSeconds(), row);
  if (!written.ok()) Log("metrics not written, training goes on: %s", written.message());
}

void Reporter::Work() {
  const auto interval = [this] {
    const double tick = std::chrono::duration<double>(kTick).count();
    return std::max(tick, config_.metrics().interval_seconds()) *
           static_cast<double>(metrics_.one_in());
  };
  double next_row = MonotonicSeconds() + interval();
  double next_rates = 0;
  while (!ended_.WaitFor(kTick)) {
    const RunState state = parts_.state->Read();
    const double now = MonotonicSeconds();
    if (now >= next_row || now >= next_rates) {
      rates_ = TakeRates(state);
      next_rates = now + 1.0;
    }
    if (now >= next_row) {
      WriteMetrics(state);
      next_row = now + interval();
    }
    shown_ = MakeProgress(state);
    if (printer_ != nullptr) printer_->Update(shown_);
  }
}

}  // namespace nyala
