#include "learner/metrics/learning_curve.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"
#include "common/system/line_reader.h"
#include "learner/run/json_fields.h"

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

// Points as they come, in bounded memory.
class Curve {
 public:
  explicit Curve(size_t most_points) : most_points_(most_points) {}

  void Add(const LearningPoint& point) {
    // A resumed run repeats what came after its checkpoint.
    if (last_.has_value() && last_->frames >= point.frames) last_.reset();
    while (!points_.empty() && points_.back().frames >= point.frames) points_.pop_back();
    // Null before the first episode has ended.
    if (!std::isfinite(point.mean_return)) return;
    last_ = point;
    if (passed_over_++ % stride_ != 0) return;
    points_.push_back(point);
    if (points_.size() > most_points_) Thin();
  }

  std::vector<LearningPoint> Take() {
    if (last_.has_value() && (points_.empty() || points_.back().frames < last_->frames)) {
      points_.push_back(*last_);
    }
    return std::move(points_);
  }

 private:
  void Thin() {
    size_t kept = 0;
    for (size_t i = 0; i < points_.size(); i += 2) points_[kept++] = points_[i];
    points_.resize(kept);
    stride_ *= 2;
    passed_over_ = 1;
  }

  const size_t most_points_;
  std::vector<LearningPoint> points_;
  std::optional<LearningPoint> last_;
  // One of so many points is kept; how many came since one was, itself included.
  uint64_t stride_ = 1;
  uint64_t passed_over_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<LearningPoint>> ReadLearningCurve(const RunPaths& paths,
                                                             size_t most_points) {
  const std::string path = paths.metrics();
  if (!PathExists(path)) {
    return absl::NotFoundError(
        absl::StrCat("'", paths.folder(), "' is not a run's folder: it has no metrics.jsonl"));
  }
  NYALA_ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path));
  Curve curve(most_points);
  while (true) {
    absl::string_view line;
    NYALA_ASSIGN_OR_RETURN(const bool there, lines.Next(&line));
    if (!there) break;
    const absl::StatusOr<LearningPoint> point = ParseRow(line);
    if (!point.ok()) {
      return absl::DataLossError(
          absl::StrCat(path, ":", lines.number(), ": ", point.status().message()));
    }
    curve.Add(*point);
  }
  std::vector<LearningPoint> points = curve.Take();
  if (!points.empty()) return points;
  return absl::FailedPreconditionError(
      absl::StrCat(path, " has no return yet: no episode had ended when its rows were written"));
}

}  // namespace nyala
