// StepSettings: what a loss needs to know of the run beside its batch, at a point of its schedules.
#pragma once

#include <cstdint>

#include "common/rl/algorithms/actor_critic_loss.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct StepSettings {
  LossCosts costs;
  double scale = 1;  // 1, or 1 / frames
};

// For a batch of `frames` frames after `frames_before`.
StepSettings SettingsFor(const RunConfig& config, uint64_t frames, uint64_t frames_before);

}  // namespace nyala
