// The linear schedules of a run: where the learning rate and the cost of the entropy stand after so
// many frames. The learner and the actors that compute gradients ask the same functions.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "nyala/run_config.pb.h"

namespace nyala {

// Whether anything of the run follows a schedule.
bool IsScheduled(const RunConfig& config);

// Frames at which schedules end: limits.schedule_frames, else limits.frames; 0 for neither.
uint64_t ScheduleFrames(const RunConfig& config);

// From `start` to `end` (when set) as the run goes from 0 to ScheduleFrames.
double Scheduled(const RunConfig& config, double start, std::optional<double> end,
                 uint64_t frames_before);

// optimizer.learning_rate and algorithm.entropy_cost, with their final values where they have one.
double LearningRateAt(const RunConfig& config, uint64_t frames_before);
double EntropyCostAt(const RunConfig& config, uint64_t frames_before);

}  // namespace nyala
