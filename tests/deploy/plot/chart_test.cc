#include "deploy/plot/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace nyala {
namespace {

std::vector<std::string> Labels(double low, double high, int most) {
  std::vector<std::string> labels;
  for (const Tick& tick : RoundTicks(low, high, most)) labels.push_back(tick.label);
  return labels;
}

TEST(RoundTicks, AreRoundAndCoverTheRange) {
  using testing::ElementsAre;
  EXPECT_THAT(Labels(0, 500, 8), ElementsAre("0", "100", "200", "300", "400", "500"));
  EXPECT_THAT(Labels(9.3, 487, 8), ElementsAre("0", "100", "200", "300", "400", "500"));
  EXPECT_THAT(Labels(-0.98, 1, 6), ElementsAre("-1", "-0.5", "0", "0.5", "1"));
  EXPECT_THAT(Labels(0, 230'000, 8), ElementsAre("0", "50k", "100k", "150k", "200k", "250k"));
  EXPECT_THAT(Labels(0, 2e6, 5), ElementsAre("0", "0.5M", "1M", "1.5M", "2M"));
}

TEST(RoundTicks, AreNeverTooMany) {
  for (int most = 3; most < 12; ++most) {
    for (double width = 1e-3; width < 1e7; width *= 3.7) {
      for (const double low : {-width, -width / 3, 0.0, 123.4}) {
        const std::vector<Tick> ticks = RoundTicks(low, low + width, most);
        ASSERT_GE(ticks.size(), 2u);
        ASSERT_LE(ticks.size(), static_cast<size_t>(most));
        ASSERT_LE(ticks.front().at, low);
        ASSERT_GE(ticks.back().at, low + width);
      }
    }
  }
}

TEST(Chart, EqualValuesThatDifferByTheirRoundingMakeAPicture) {
  Chart chart;
  const double value = 0.7, rounded = (0.7 + 0.7 + 0.7) / 3;
  ASSERT_NE(value, rounded);
  chart.lines = {{"flat", {1, 2}, {value, rounded}, {value, value}, {value, value}}};
  EXPECT_EQ(DrawChart(chart, Canvas::Kind::kPixels).substr(1, 3), "PNG");
}

Chart Example() {
  Chart chart;
  chart.title = "a title";
  chart.lines = {{"first", {0, 100, 200}, {0, 5, 9}, {-1, 4, 8}, {1, 6, 10}},
                 {"second", {50, 150}, {3, 3}, {}, {}}};
  chart.goals = {9.5};
  return chart;
}

TEST(Chart, IsAPngOrAnSvg) {
  EXPECT_EQ(DrawChart(Example(), Canvas::Kind::kPixels).substr(1, 3), "PNG");
  const std::string svg = DrawChart(Example(), Canvas::Kind::kSvg);
  EXPECT_THAT(svg, testing::HasSubstr("<svg"));
  EXPECT_THAT(svg, testing::HasSubstr("</svg>"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Chart, WhatItShowsDecidesThePicture) {
  const std::string whole = DrawChart(Example(), Canvas::Kind::kPixels);
  EXPECT_EQ(DrawChart(Example(), Canvas::Kind::kPixels), whole);
  Chart without_band = Example();
  without_band.lines[0].low.clear();
  without_band.lines[0].high.clear();
  Chart without_goal = Example();
  without_goal.goals.clear();
  Chart other_line = Example();
  other_line.lines[1].middle[1] = 4;
  for (const Chart& chart : {without_band, without_goal, other_line}) {
    EXPECT_NE(DrawChart(chart, Canvas::Kind::kPixels), whole);
  }
}

TEST(Chart, OnePointAndEqualValuesStillMakeAPicture) {
  Chart chart;
  chart.lines = {{"flat", {5}, {-200}, {-200}, {-200}}};
  const std::string svg = DrawChart(chart, Canvas::Kind::kSvg);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

}  // namespace
}  // namespace nyala
