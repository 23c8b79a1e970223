#include "common/nn/loss_settings.h"

#include <algorithm>

namespace nyala {

double Scheduled(const RunConfig& config, double start, std::optional<double> end,
                 uint64_t frames_before) {
  const uint64_t budget = config.limits().frames();
  if (!end || budget == 0) return start;
  const double progress = static_cast<double>(frames_before) / static_cast<double>(budget);
  return start + (*end - start) * std::clamp(progress, 0.0, 1.0);
}

StepSettings SettingsFor(const RunConfig& config, uint64_t frames, uint64_t frames_before) {
  const AlgorithmConfig& algorithm = config.algorithm();
  StepSettings settings;
  settings.costs.baseline = algorithm.baseline_cost();
  std::optional<double> final_cost;
  if (algorithm.has_entropy_cost_final()) final_cost = algorithm.entropy_cost_final();
  settings.costs.entropy = Scheduled(config, algorithm.entropy_cost(), final_cost, frames_before);
  if (algorithm.reduction() == AlgorithmConfig::MEAN && frames > 0) {
    settings.scale = 1.0 / static_cast<double>(frames);
  }
  return settings;
}

}  // namespace nyala
