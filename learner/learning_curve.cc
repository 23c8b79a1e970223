#include "learner/learning_curve.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "learner/json_fields.h"

namespace nyala {
namespace {

absl::StatusOr<LearningPoint> ParseRow(absl::string_view line) {
  NYALA_ASSIGN_OR_RETURN(const nlohmann::json row, ParseJsonObject(line));
  JsonFields fields(row);
  LearningPoint point;
  fields.Read("frames", &point.frames);
  fields.Read("seconds", &point.seconds);
  fields.Read("episode/mean_return_100", &point.mean_return);
  NYALA_RETURN_IF_ERROR(fields.status());
  if (!std::isfinite(point.frames) || !std::isfinite(point.seconds)) {
    return absl::InvalidArgumentError("its frames or seconds are not a number");
  }
  return point;
}

}  // namespace

absl::StatusOr<std::vector<LearningPoint>> ReadLearningCurve(const RunPaths& paths) {
  const std::string path = paths.metrics();
  if (!PathExists(path)) {
    return absl::NotFoundError(
        absl::StrCat("'", paths.folder(), "' is not a run's folder: it has no metrics.jsonl"));
  }
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  std::vector<LearningPoint> curve;
  // What follows the last newline is empty, or torn.
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    const absl::StatusOr<LearningPoint> point = ParseRow(lines[i]);
    if (!point.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", i + 1, ": ", point.status().message()));
    }
    while (!curve.empty() && curve.back().frames >= point->frames) curve.pop_back();
    // Null before the first episode has ended.
    if (std::isfinite(point->mean_return)) curve.push_back(*point);
  }
  if (!curve.empty()) return curve;
  return absl::FailedPreconditionError(
      absl::StrCat(path, " has no return yet: no episode had ended when its rows were written"));
}

}  // namespace nyala
