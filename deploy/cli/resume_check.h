// What `--resume` would change, looked at before anything starts.
//
// Blocking: reads the newest checkpoint's configuration and counters. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// One line for each field of `now` that is not as in the checkpoint that the run in `run_dir` goes
// on from (before there is one, as in `earlier`, the run's own configuration), and for each
// schedule that moves with it. InvalidArgument, naming all fields, where one changes what the
// parameters mean and `force` is false. A checkpoint that cannot be read is left to the learner.
absl::StatusOr<std::vector<std::string>> CheckResume(const std::string& run_dir,
                                                     const RunConfig& earlier, const RunConfig& now,
                                                     bool force);

}  // namespace nyala
