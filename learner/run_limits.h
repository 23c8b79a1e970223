// How a run ends, and the budgets and the goal that end it. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "learner/run/run_counters.h"
#include "nyala/run_config.pb.h"

namespace nyala {

enum class EndReason {
  kGoalReached,
  kFrameBudgetUsed,
  kUpdateBudgetUsed,
  kTimeBudgetUsed,
  // Somebody asked for it; who, the stop says (common/system/stop.h).
  kInterrupted,
};

// For people and summary.json: "goal reached", "frame budget used", ...
std::string Describe(EndReason reason);

class RunLimits {
 public:
  explicit RunLimits(const LimitsConfig& config) : config_(config) {}

  // Why a run that has come so far, after so many wall seconds, ends; nothing while it goes on.
  std::optional<EndReason> Check(const RunCounters& counters, double seconds) const;
  // Whether limits.seconds are used; false without such a limit.
  bool TimeIsUp(double seconds) const {
    return config_.seconds() > 0 && seconds >= config_.seconds();
  }
  // Unset without a goal.
  std::optional<double> goal() const;

 private:
  const LimitsConfig config_;
};

}  // namespace nyala
