// What `train` and `learner` are asked to run, worked out before anything starts.
//
// Blocking: reads configuration files, and waits for a child that describes the environment; the
// process must have no threads of its own yet.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct RunRequest {
  std::string preset;
  std::string config_file;
  // "path.to.field=value" of --set and of the flags that stand for a field, in order.
  std::vector<std::string> overrides;
  // Empty: runs/<environment>-<algorithm>-<time>.
  std::string run_dir;
  bool resume = false;
  // With `resume`: also where that changes what the parameters mean.
  bool force = false;
};

struct RunPlan {
  RunConfig config;
  // Spec of config.environment.
  EnvSpec env;
  std::string run_dir;
  bool resume = false;
  // What was chosen for the user or is not as it was, one line each.
  std::vector<std::string> notices;
};

// InvalidArgument and the like name the flag or the field and the fix.
absl::StatusOr<RunPlan> PlanRun(const RunRequest& request);

}  // namespace nyala
