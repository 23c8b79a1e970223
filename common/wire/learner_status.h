// LearnerStatus: what a learner is doing, for people and probes. A plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace nyala {

struct LearnerStatus {
  std::string run_id;
  uint64_t incarnation = 0;
  uint64_t version = 0;
  uint64_t frames = 0;
  double mean_return_100 = 0;
  uint32_t actors = 0;
};

// Called from a thread of the service's own; may take a lock, must not wait.
using LearnerStatusProvider = std::function<LearnerStatus()>;

}  // namespace nyala
