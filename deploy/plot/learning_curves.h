// Learning curves of several runs, grouped, as a chart: the mean of each group's runs, and a band
// from the least to the greatest.
//
// Runs have their rows at frames of their own: between two rows a run's return is interpolated, and
// a run that ended before the others of its group counts with its last one. A group's line starts
// where all of its runs have a return. Pure, but for ReadRun; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "deploy/plot/chart.h"
#include "learner/metrics/learning_curve.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct PlottedRun {
  std::string folder;
  RunConfig config;
  std::vector<LearningPoint> points;
};

// Blocking: on the disk. Errors name the folder.
absl::StatusOr<PlottedRun> ReadRun(const std::string& folder);

struct LearningCurvesOptions {
  // Paths of RunConfig's fields, by whose values runs belong together; or "run" alone, each run by
  // itself.
  std::vector<std::string> group = {"environment.id", "algorithm.name"};
  // Names of the lines, in the order in which their groups come; empty: made of the groups' values.
  std::vector<std::string> labels;
  // Empty: the environments.
  std::string title;
  // Seconds instead of frames.
  bool by_seconds = false;
  // Empty: those that the runs were given.
  std::vector<double> goals;
};

// InvalidArgument when there is no field of a path, or not a label for each line.
absl::StatusOr<Chart> MakeLearningCurves(const std::vector<PlottedRun>& runs,
                                         const LearningCurvesOptions& options);

}  // namespace nyala
