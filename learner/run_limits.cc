#include "learner/run_limits.h"

#include "common/base/check.h"

namespace nyala {

std::string Describe(EndReason reason) {
  switch (reason) {
    case EndReason::kGoalReached:
      return "goal reached";
    case EndReason::kFrameBudgetUsed:
      return "frame budget used";
    case EndReason::kUpdateBudgetUsed:
      return "update budget used";
    case EndReason::kTimeBudgetUsed:
      return "time budget used";
    case EndReason::kInterrupted:
      return "interrupted";
  }
  NYALA_CHECK(false, "an end of no known reason");
  return "";
}

std::optional<EndReason> RunLimits::Check(const RunCounters& counters, double seconds) const {
  // Only with a goal that is set now: the counters may know of another one's.
  if (config_.has_goal() && counters.frames_to_goal) return EndReason::kGoalReached;
  if (config_.frames() > 0 && counters.frames >= config_.frames()) {
    return EndReason::kFrameBudgetUsed;
  }
  if (config_.updates() > 0 && counters.updates >= config_.updates()) {
    return EndReason::kUpdateBudgetUsed;
  }
  if (TimeIsUp(seconds)) return EndReason::kTimeBudgetUsed;
  return std::nullopt;
}

std::optional<double> RunLimits::goal() const {
  return config_.has_goal() ? std::optional<double>(config_.goal()) : std::nullopt;
}

}  // namespace nyala
