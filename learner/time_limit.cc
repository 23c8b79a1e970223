#include "learner/time_limit.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace nyala {
namespace {

// Between two looks at the clock: keeps long budgets away from its arithmetic.
constexpr double kLongestWaitSeconds = 3600;

}  // namespace

TimeLimit::TimeLimit(const LimitsConfig& config, std::function<double()> seconds, StopSource& stop)
    : limits_(config),
      seconds_(std::move(seconds)),
      stop_(stop),
      thread_("time-limit", [this, budget = config.seconds()] {
        if (budget > 0) Work(budget);
      }) {}

TimeLimit::~TimeLimit() { ended_.RequestStop("done"); }

void TimeLimit::Work(double budget) {
  for (double now = seconds_(); !limits_.TimeIsUp(now); now = seconds_()) {
    const auto left = std::chrono::duration<double>(std::min(budget - now, kLongestWaitSeconds));
    if (ended_.WaitFor(std::chrono::ceil<std::chrono::nanoseconds>(left))) return;
  }
  stop_.RequestStop(Describe(EndReason::kTimeBudgetUsed));
}

}  // namespace nyala
