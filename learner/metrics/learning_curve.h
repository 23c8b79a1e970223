// A run's learning curve, as its metrics.jsonl has it. Any thread. Blocking: on the disk.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "learner/run/run_folder.h"

namespace nyala {

struct LearningPoint {
  double frames = 0;
  // Seconds of training, those before a resumption included.
  double seconds = 0;
  // Mean return of the last 100 episodes.
  double mean_return = 0;
};

// One point for each row that has a return, in the order of frames, at least one. Where a resumed
// run repeats rows, those written last count. NotFound when there is no metrics.jsonl,
// FailedPrecondition when no episode had ended in any row, InvalidArgument (with the line) when it
// is not what a run writes; a torn last line is left out. The file is read line by line, and of
// more than `most_points` points only every other one is kept, again and again, and the last.
absl::StatusOr<std::vector<LearningPoint>> ReadLearningCurve(const RunPaths& paths,
                                                             size_t most_points = 8192);

}  // namespace nyala
