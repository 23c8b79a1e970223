#include "common/rl/schedule.h"

#include <algorithm>

namespace nyala {

bool IsScheduled(const RunConfig& config) {
  return config.optimizer().has_learning_rate_final() ||
         config.algorithm().has_entropy_cost_final();
}

uint64_t ScheduleFrames(const RunConfig& config) {
  const LimitsConfig& limits = config.limits();
  return limits.schedule_frames() > 0 ? limits.schedule_frames() : limits.frames();
}

double Scheduled(const RunConfig& config, double start, std::optional<double> end,
                 uint64_t frames_before) {
  const uint64_t frames = ScheduleFrames(config);
  if (!end || frames == 0) return start;
  const double progress = static_cast<double>(frames_before) / static_cast<double>(frames);
  return start + (*end - start) * std::clamp(progress, 0.0, 1.0);
}

double LearningRateAt(const RunConfig& config, uint64_t frames_before) {
  const OptimizerConfig& optimizer = config.optimizer();
  std::optional<double> end;
  if (optimizer.has_learning_rate_final()) end = optimizer.learning_rate_final();
  return Scheduled(config, optimizer.learning_rate(), end, frames_before);
}

double EntropyCostAt(const RunConfig& config, uint64_t frames_before) {
  const AlgorithmConfig& algorithm = config.algorithm();
  std::optional<double> end;
  if (algorithm.has_entropy_cost_final()) end = algorithm.entropy_cost_final();
  return Scheduled(config, algorithm.entropy_cost(), end, frames_before);
}

}  // namespace nyala
