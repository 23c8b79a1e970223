// TimeLimit: requests a stop when limits.seconds are used, be the learner training, waiting for a
// batch that never comes, or printing to somebody who does not read.
//
// Threads: owns one, which only waits; the destructor ends and joins it.
#pragma once

#include <functional>

#include "common/base/thread.h"
#include "common/system/stop.h"
#include "learner/run_limits.h"

namespace nyala {

class TimeLimit {
 public:
  // `seconds`: what the run took so far, from any thread. `stop` must outlive this.
  TimeLimit(const LimitsConfig& config, std::function<double()> seconds, StopSource& stop);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  void Work(double budget);

  const RunLimits limits_;
  const std::function<double()> seconds_;
  StopSource& stop_;
  StopSource ended_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
