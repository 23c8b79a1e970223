// StepSettings: what a loss needs to know of the run beside its batch, at a point of its schedules.
#pragma once

#include <cstdint>
#include <optional>

#include "common/rl/actor_critic_loss.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct StepSettings {
  LossCosts costs;
  double scale = 1;  // 1, or 1 / frames
};

// From `start` to `end` (when set) as the run goes from 0 to limits.frames.
double Scheduled(const RunConfig& config, double start, std::optional<double> end,
                 uint64_t frames_before);

// For a batch of `frames` frames after `frames_before`.
StepSettings SettingsFor(const RunConfig& config, uint64_t frames, uint64_t frames_before);

}  // namespace nyala
