#include "common/nn/loss_settings.h"

#include "common/rl/schedule.h"

namespace nyala {

StepSettings SettingsFor(const RunConfig& config, uint64_t frames, uint64_t frames_before) {
  const AlgorithmConfig& algorithm = config.algorithm();
  StepSettings settings;
  settings.costs.baseline = algorithm.baseline_cost();
  settings.costs.entropy = EntropyCostAt(config, frames_before);
  if (algorithm.reduction() == AlgorithmConfig::MEAN && frames > 0) {
    settings.scale = 1.0 / static_cast<double>(frames);
  }
  return settings;
}

}  // namespace nyala
