#include "deploy/plot/learning_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PlottedRun MakeRun(const std::string& algorithm, std::vector<LearningPoint> points) {
  PlottedRun run;
  run.folder = absl::StrCat("runs/", algorithm, points.size(), "/");
  run.config.mutable_environment()->set_id("Catch");
  run.config.mutable_algorithm()->set_name(algorithm);
  run.config.mutable_batch()->set_unroll_length(static_cast<int>(points.size()));
  run.points = std::move(points);
  return run;
}

std::vector<std::string> NamesOf(const std::vector<PlottedRun>& runs,
                                 const LearningCurvesOptions& options) {
  const auto chart = MakeLearningCurves(runs, options);
  EXPECT_TRUE(chart.ok()) << chart.status();
  std::vector<std::string> names;
  for (const ChartLine& line : chart->lines) names.push_back(line.name);
  return names;
}

TEST(LearningCurves, ALineIsTheMeanOfItsRunsAndItsBandTheirRange) {
  const auto chart = MakeLearningCurves(
      {MakeRun("impala", {{0, 0, 0}, {200, 2, 20}}), MakeRun("impala", {{0, 0, 10}, {100, 1, 10}})},
      {});
  ASSERT_TRUE(chart.ok()) << chart.status();
  ASSERT_EQ(chart->lines.size(), 1u);
  const ChartLine& line = chart->lines[0];
  EXPECT_EQ(line.name, "impala, 2 runs");
  EXPECT_EQ(chart->title, "Catch");
  EXPECT_EQ(line.x.front(), 0);
  EXPECT_EQ(line.x.back(), 200);
  for (size_t i = 0; i < line.x.size(); ++i) {
    // The first rises by 1 in 10 frames; the second stays, also beyond its end.
    EXPECT_NEAR(line.middle[i], (line.x[i] / 10 + 10) / 2, 1e-9);
    EXPECT_NEAR(line.low[i], std::min(line.x[i] / 10, 10.0), 1e-9);
    EXPECT_NEAR(line.high[i], std::max(line.x[i] / 10, 10.0), 1e-9);
  }
}

TEST(LearningCurves, ALineStartsWhereAllItsRunsHaveAReturn) {
  const auto chart = MakeLearningCurves(
      {MakeRun("a2c", {{30, 3, 1}, {200, 4, 2}}), MakeRun("a2c", {{50, 1, 1}, {100, 2, 2}})}, {});
  EXPECT_EQ(chart->lines[0].x.front(), 50);
  LearningCurvesOptions by_seconds;
  by_seconds.by_seconds = true;
  const auto seconds = MakeLearningCurves(
      {MakeRun("a2c", {{30, 3, 1}, {200, 4, 2}}), MakeRun("a2c", {{50, 1, 1}, {100, 2, 2}})},
      by_seconds);
  EXPECT_EQ(seconds->lines[0].x.front(), 3);
  EXPECT_EQ(seconds->lines[0].x.back(), 4);
}

TEST(LearningCurves, RunsAreGroupedByTheFieldsNamed) {
  const std::vector<PlottedRun> runs = {MakeRun("impala", {{0, 0, 0}, {1, 1, 1}}),
                                        MakeRun("a2c", {{0, 0, 0}}),
                                        MakeRun("impala", {{0, 0, 0}})};
  LearningCurvesOptions options;
  EXPECT_THAT(NamesOf(runs, options), ElementsAre("impala, 2 runs", "a2c"));
  options.group = {"algorithm.name", "batch.unroll_length"};
  EXPECT_THAT(NamesOf(runs, options), ElementsAre("impala unroll_length=2", "a2c unroll_length=1",
                                                  "impala unroll_length=1"));
  options.group = {"environment.id"};
  EXPECT_THAT(NamesOf(runs, options), ElementsAre("Catch, 3 runs"));
  options.group = {"run"};
  EXPECT_THAT(NamesOf(runs, options), ElementsAre("impala2", "a2c1", "impala1"));
  options.labels = {"x", "y", "z"};
  EXPECT_THAT(NamesOf(runs, options), ElementsAre("x", "y", "z"));
}

TEST(LearningCurves, MistakesAreNamed) {
  const std::vector<PlottedRun> runs = {MakeRun("impala", {{0, 0, 0}}),
                                        MakeRun("a2c", {{0, 0, 0}})};
  LearningCurvesOptions options;
  options.group = {"algorithm.nam"};
  EXPECT_THAT(std::string(MakeLearningCurves(runs, options).status().message()),
              HasSubstr("algorithm.name"));
  options = {};
  options.labels = {"one"};
  EXPECT_THAT(std::string(MakeLearningCurves(runs, options).status().message()),
              HasSubstr("2 lines to name (impala; a2c) and 1"));
}

TEST(LearningCurves, GoalsAreTheRunsUnlessOthersAreNamed) {
  std::vector<PlottedRun> runs = {MakeRun("impala", {{0, 0, 0}}), MakeRun("a2c", {{0, 0, 0}})};
  runs[0].config.mutable_limits()->set_goal(475);
  runs[1].config.mutable_limits()->set_goal(HUGE_VAL);
  EXPECT_THAT(MakeLearningCurves(runs, {})->goals, ElementsAre(475));
  LearningCurvesOptions options;
  options.goals = {9, 8};
  EXPECT_THAT(MakeLearningCurves(runs, options)->goals, ElementsAre(8, 9));
  options.goals = {9, HUGE_VAL};
  EXPECT_EQ(MakeLearningCurves(runs, options).status().message(),
            "--goal: inf cannot be drawn; a number is wanted");
}

// The points of a run whose metrics.jsonl holds `text`.
absl::StatusOr<std::vector<LearningPoint>> CurveOf(const std::string& text) {
  const ScratchDir scratch;
  EXPECT_TRUE(WriteFile(scratch / "metrics.jsonl", text).ok());
  return ReadLearningCurve(RunPaths(scratch.path()));
}

std::string Row(int frames, const std::string& mean_return) {
  return absl::StrCat(R"({"step":1,"frames":)", frames, R"(.0,"seconds":2.0,)",
                      R"("episode/mean_return_100":)", mean_return, "}\n");
}

TEST(LearningCurve, HasAPointForEachRowWithAReturn) {
  const auto curve = CurveOf(Row(10, "null") + Row(20, "1.5") + Row(30, "-2"));
  ASSERT_TRUE(curve.ok()) << curve.status();
  ASSERT_EQ(curve->size(), 2u);
  EXPECT_EQ((*curve)[0].frames, 20);
  EXPECT_EQ((*curve)[0].seconds, 2);
  EXPECT_EQ((*curve)[1].mean_return, -2);
}

TEST(LearningCurve, OfRowsThatAResumedRunRepeatsTheLastCount) {
  const auto curve = CurveOf(Row(10, "1") + Row(20, "2") + Row(30, "3") +  // killed, and from 15 on
                             Row(18, "7") + Row(25, "8"));
  ASSERT_TRUE(curve.ok());
  std::vector<double> frames, returns;
  for (const LearningPoint& point : *curve) {
    frames.push_back(point.frames);
    returns.push_back(point.mean_return);
  }
  EXPECT_THAT(frames, ElementsAre(10, 18, 25));
  EXPECT_THAT(returns, ElementsAre(1, 7, 8));
}

TEST(LearningCurve, ATornLastLineIsLeftOutAndAnyOtherIsNamed) {
  EXPECT_EQ(CurveOf(Row(10, "1") + Row(20, "2").substr(0, 20))->size(), 1u);
  const absl::Status spoilt = CurveOf(Row(10, "1") + "{]\n" + Row(20, "2")).status();
  EXPECT_TRUE(absl::IsDataLoss(spoilt));
  EXPECT_THAT(std::string(spoilt.message()), HasSubstr("metrics.jsonl:2"));
  EXPECT_THAT(std::string(CurveOf("{\"frames\":1}\n").status().message()), HasSubstr("seconds"));
}

// A run of months has more rows than a picture has use for, and than fit memory.
TEST(LearningCurve, OfManyRowsSomeAreKeptAndTheLast) {
  const ScratchDir scratch;
  std::string text;
  for (int i = 1; i <= 1000; ++i) text += Row(i, absl::StrCat(2 * i));
  ASSERT_TRUE(WriteFile(scratch / "metrics.jsonl", text).ok());
  const auto curve = ReadLearningCurve(RunPaths(scratch.path()), /*most_points=*/16);
  ASSERT_TRUE(curve.ok()) << curve.status();
  EXPECT_LE(curve->size(), 17u);
  EXPECT_GE(curve->size(), 8u);
  EXPECT_EQ(curve->front().frames, 1);
  EXPECT_EQ(curve->back().frames, 1000);
  for (size_t i = 0; i < curve->size(); ++i) {
    EXPECT_EQ((*curve)[i].mean_return, 2 * (*curve)[i].frames);
    // Evenly spread but for the last.
    if (i > 1 && i + 1 < curve->size()) {
      EXPECT_EQ((*curve)[i].frames - (*curve)[i - 1].frames, (*curve)[1].frames - 1);
    }
  }
}

TEST(LearningCurve, FoldersWithoutACurveSaySo) {
  const ScratchDir scratch;
  const absl::Status missing = ReadRun(scratch.path()).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr(scratch.path()));
  EXPECT_TRUE(absl::IsFailedPrecondition(CurveOf(Row(10, "null")).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(CurveOf("").status()));
}

}  // namespace
}  // namespace nyala
