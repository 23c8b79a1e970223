#include "common/config/resolve.h"

#include <limits>

#include "common/base/status_macros.h"
#include "common/config/defaults.h"
#include "common/config/override.h"
#include "common/config/presets.h"
#include "common/config/text.h"
#include "common/config/validate.h"

namespace nyala {
namespace {

absl::Status ApplyOverrides(const std::vector<std::string>& overrides, RunConfig* config) {
  for (const std::string& assignment : overrides) {
    NYALA_RETURN_IF_ERROR(ApplyOverride(assignment, config));
  }
  // The way to take back a preset's goal.
  if (config->limits().goal() == std::numeric_limits<double>::infinity()) {
    config->mutable_limits()->clear_goal();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ResolvedConfig> ResolveConfig(const ConfigRequest& request) {
  RunConfig overrides;
  NYALA_RETURN_IF_ERROR(ApplyOverrides(request.overrides, &overrides));

  ResolvedConfig resolved;
  resolved.preset = request.preset;
  if (request.preset.empty() && request.file.empty()) {
    resolved.preset = PresetNamedFor(overrides.environment().id(), overrides.algorithm().name());
    if (resolved.preset.empty() && !overrides.algorithm().has_name()) {
      resolved.preset = PresetNamedFor(overrides.environment().id());
    }
    resolved.preset_picked = !resolved.preset.empty();
  }
  if (!resolved.preset.empty()) {
    NYALA_ASSIGN_OR_RETURN(resolved.config, LoadPreset(resolved.preset));
    // A goal is one environment's: it means nothing in another.
    if (overrides.environment().has_id() &&
        overrides.environment().id() != resolved.config.environment().id()) {
      resolved.config.mutable_limits()->clear_goal();
    }
  }
  if (!request.file.empty()) {
    NYALA_ASSIGN_OR_RETURN(const RunConfig file, LoadConfigFile(request.file));
    Overlay(file, &resolved.config);
  }
  // Again rather than laid over, so that an override can also bring a list back to its default.
  NYALA_RETURN_IF_ERROR(ApplyOverrides(request.overrides, &resolved.config));
  FillDefaults(&resolved.config);
  NYALA_RETURN_IF_ERROR(Validate(resolved.config));
  return resolved;
}

absl::StatusOr<RunConfig> ResolveResumed(const RunConfig& earlier,
                                         const std::vector<std::string>& overrides) {
  RunConfig config = earlier;
  NYALA_RETURN_IF_ERROR(ApplyOverrides(overrides, &config));
  FillDefaults(&config);
  NYALA_RETURN_IF_ERROR(Validate(config));
  return config;
}

}  // namespace nyala
