// From what a user asked for to the RunConfig of a run:
// defaults < preset < configuration file < overrides.
//
// Blocking: reads the configuration file. Any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct ConfigRequest {
  // Empty, and no file either: the preset that is named for the environment and the algorithm (any
  // algorithm, when none is asked for), if there is one.
  std::string preset;
  // Path of a text-format RunConfig; may be empty.
  std::string file;
  // "path.to.field=value", in order.
  std::vector<std::string> overrides;
};

struct ResolvedConfig {
  // With all defaults written out, and valid.
  RunConfig config;
  // The preset that was taken, or "".
  std::string preset;
  // Whether `preset` was picked by its name rather than asked for.
  bool preset_picked = false;
};

absl::StatusOr<ResolvedConfig> ResolveConfig(const ConfigRequest& request);

// The configuration of an earlier run with `overrides` on top, for going on with it.
absl::StatusOr<RunConfig> ResolveResumed(const RunConfig& earlier,
                                         const std::vector<std::string>& overrides);

}  // namespace nyala
