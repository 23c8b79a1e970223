#include "deploy/plot/learning_curves.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/config/describe.h"
#include "learner/run/run_folder.h"

namespace nyala {
namespace {

constexpr int kPoints = 200;
constexpr char kEnvironment[] = "environment.id";

struct Group {
  std::string name;
  std::vector<const PlottedRun*> runs;
};

std::string LastPart(const std::string& path, char separator) {
  return std::vector<std::string>(absl::StrSplit(path, separator)).back();
}

std::set<std::string> EnvironmentsOf(const std::vector<PlottedRun>& runs) {
  std::set<std::string> ids;
  for (const PlottedRun& run : runs) ids.insert(run.config.environment().id());
  return ids;
}

// What tells a run's group from others, to a person: "CartPole-v1 impala unroll_length=20".
absl::StatusOr<std::string> GroupOf(const PlottedRun& run, const std::vector<std::string>& fields) {
  if (fields == std::vector<std::string>{"run"}) {
    return LastPart(RunPaths(run.folder).folder(), '/');
  }
  std::vector<std::string> parts;
  for (const std::string& path : fields) {
    NYALA_ASSIGN_OR_RETURN(const std::string value, ConfigFieldText(run.config, path));
    const std::string field = LastPart(path, '.');
    parts.push_back(field == "id" || field == "name" ? value : absl::StrCat(field, "=", value));
  }
  return absl::StrJoin(parts, " ");
}

// In the order in which they come.
absl::StatusOr<std::vector<Group>> Grouped(const std::vector<PlottedRun>& runs,
                                           std::vector<std::string> fields) {
  // One environment is named once, in the title.
  const auto environment = std::find(fields.begin(), fields.end(), kEnvironment);
  if (fields.size() > 1 && environment != fields.end() && EnvironmentsOf(runs).size() == 1) {
    fields.erase(environment);
  }
  std::vector<Group> groups;
  for (const PlottedRun& run : runs) {
    NYALA_ASSIGN_OR_RETURN(const std::string name, GroupOf(run, fields));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& other) { return other.name == name; });
    if (group == groups.end()) group = groups.insert(group, {name, {}});
    group->runs.push_back(&run);
  }
  return groups;
}

// A run's return as a function of frames or seconds.
class RunLine {
 public:
  RunLine(const PlottedRun& run, bool by_seconds) {
    for (const LearningPoint& point : run.points) {
      x_.push_back(by_seconds ? point.seconds : point.frames);
      y_.push_back(point.mean_return);
    }
  }
  double first() const { return x_.front(); }
  double last() const { return x_.back(); }

  // Not before first().
  double At(double x) const {
    const size_t after = std::upper_bound(x_.begin(), x_.end(), x) - x_.begin();
    if (after == x_.size()) return y_.back();
    if (after == 0) return y_.front();
    const double part = (x - x_[after - 1]) / (x_[after] - x_[after - 1]);
    return y_[after - 1] + part * (y_[after] - y_[after - 1]);
  }

 private:
  std::vector<double> x_, y_;
};

ChartLine LineOf(const Group& group, bool by_seconds) {
  std::vector<RunLine> runs;
  double first = -HUGE_VAL, last = -HUGE_VAL;
  for (const PlottedRun* run : group.runs) {
    runs.emplace_back(*run, by_seconds);
    first = std::max(first, runs.back().first());
    last = std::max(last, runs.back().last());
  }
  ChartLine line;
  const int points = last > first ? kPoints : 1;
  for (int i = 0; i < points; ++i) {
    const double x = points == 1 ? last : first + (last - first) * i / (points - 1);
    double sum = 0, low = HUGE_VAL, high = -HUGE_VAL;
    for (const RunLine& run : runs) {
      const double value = run.At(x);
      sum += value;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    line.x.push_back(x);
    line.middle.push_back(sum / static_cast<double>(runs.size()));
    if (runs.size() == 1) continue;
    line.low.push_back(low);
    line.high.push_back(high);
  }
  return line;
}

std::string NameOf(const Group& group) {
  const size_t runs = group.runs.size();
  return runs == 1 ? group.name : absl::StrCat(group.name, ", ", runs, " runs");
}

}  // namespace

absl::StatusOr<PlottedRun> ReadRun(const std::string& folder) {
  PlottedRun run;
  run.folder = folder;
  NYALA_ASSIGN_OR_RETURN(run.points, ReadLearningCurve(RunPaths(folder)));
  NYALA_ASSIGN_OR_RETURN(run.config, ReadRunConfig(folder));
  return run;
}

absl::StatusOr<Chart> MakeLearningCurves(const std::vector<PlottedRun>& runs,
                                         const LearningCurvesOptions& options) {
  NYALA_ASSIGN_OR_RETURN(const std::vector<Group> groups, Grouped(runs, options.group));
  const std::vector<std::string>& labels = options.labels;
  if (!labels.empty() && labels.size() != groups.size()) {
    std::vector<std::string> names;
    for (const Group& group : groups) names.push_back(group.name);
    return absl::InvalidArgumentError(absl::StrCat("--label: there are ", groups.size(),
                                                   " lines to name (", absl::StrJoin(names, "; "),
                                                   ") and ", labels.size(), " names"));
  }
  for (const double goal : options.goals) {
    if (!std::isfinite(goal)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--goal: ", goal, " cannot be drawn; a number is wanted"));
    }
  }
  Chart chart;
  chart.title = options.title.empty() ? absl::StrJoin(EnvironmentsOf(runs), ", ") : options.title;
  chart.x_name = options.by_seconds ? "seconds" : "frames";
  chart.y_name = "mean return of the last 100 episodes";
  std::set<double> goals(options.goals.begin(), options.goals.end());
  bool bands = false;
  for (size_t i = 0; i < groups.size(); ++i) {
    ChartLine line = LineOf(groups[i], options.by_seconds);
    line.name = labels.empty() ? NameOf(groups[i]) : labels[i];
    bands = bands || !line.low.empty();
    chart.lines.push_back(std::move(line));
    if (!options.goals.empty()) continue;
    for (const PlottedRun* run : groups[i].runs) {
      const auto& limits = run->config.limits();
      if (limits.has_goal() && std::isfinite(limits.goal())) goals.insert(limits.goal());
    }
  }
  chart.goals.assign(goals.begin(), goals.end());
  if (bands) chart.note = "line: mean of runs, band: least to greatest";
  return chart;
}

}  // namespace nyala
