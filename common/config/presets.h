// Presets: named RunConfigs in deploy/presets/NAME.textproto, carried inside the binary.
//
// A new preset is a new file there. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct PresetInfo {
  std::string name;
  // RunConfig.description of the preset.
  std::string description;
};

// By name.
std::vector<PresetInfo> ListPresets();

// InvalidArgument with the nearest name when there is none of that name.
absl::StatusOr<RunConfig> LoadPreset(const std::string& name);

// The preset that is named for an environment and an algorithm ("CartPole-v1" and "a2c":
// "cartpole-a2c") or for the group of environments that it is in ("MinAtar/Breakout-v0":
// "minatar-a2c"), or "" when there is none. Arguments of the environment make no difference.
std::string PresetNamedFor(const std::string& environment, const std::string& algorithm);
// The first one that is named for the environment and any algorithm, or "".
std::string PresetNamedFor(const std::string& environment);

}  // namespace nyala
