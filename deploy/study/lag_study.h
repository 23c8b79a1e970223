// LagStudy: what a controlled policy lag does to learning, with and without a correction for it
// (IMPALA, arXiv 1802.01561, section 5.2.2 and appendix E.1).
//
// A study's run has one environment batch and one trainer that take turns in one thread: update k
// trains on unrolls that the parameters of update k - lag acted, exactly. So a run is a function of
// its configuration, lag and seed alone. Blocking: for whole runs. Threads: any; runs side by side
// are independent.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/system/stop.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct LaggedRun {
  // Versions between the policy that acts and the one that learns.
  int64_t lag = 0;
  uint64_t seed = 1;
};

// Mean return of the last 100 episodes (or as many as there were) after config.limits.frames
// frames. The batch is config.batch.columns environments wide. Cancelled when stopped.
absl::StatusOr<double> TrainUnderLag(const RunConfig& config, const LaggedRun& run,
                                     const StopSource& stop);

}  // namespace nyala
