#include "deploy/study/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_replace.h"

namespace nyala {
namespace {

using testing::HasSubstr;

Curves Example() {
  Curves curves;
  curves.title = "a title";
  curves.x_name = "lag";
  curves.y_name = "return";
  curves.x = {0, 4, 64};
  curves.curves = {{"held", {{1, 2, 3}, {2, 2, 5}, {0, 1, 9}}},
                   {"fell", {{2, 2, 2}, {-1, 0, 1}, {-8, -9, -7}}}};
  return curves;
}

TEST(Curves, TheMedianOfAnEvenNumberIsBetweenTheMiddleTwo) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(Median({7}), 7);
}

TEST(Curves, TheTableGivesMedianAndRange) {
  const std::string table = ToTable(Example());
  EXPECT_THAT(table, HasSubstr("held"));
  EXPECT_THAT(table, HasSubstr("2 (2 .. 5)"));
  EXPECT_THAT(table, HasSubstr("-8 (-9 .. -7)"));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
}

TEST(Curves, ThePlotPlacesMediansAndMarksWhatMeets) {
  const std::string plot = ToTextPlot(Example());
  // At lag 0 both medians are 2; the best of all values is 9, the worst -9.
  EXPECT_THAT(plot, HasSubstr("        9 |"));
  EXPECT_THAT(plot, HasSubstr("       -9 |"));
  EXPECT_THAT(plot, HasSubstr("|*"));
  EXPECT_THAT(plot, HasSubstr("a held"));
  EXPECT_THAT(plot, HasSubstr("b fell"));
}

TEST(Curves, EqualValuesStillMakeAPicture) {
  Curves flat = Example();
  for (Curve& curve : flat.curves) curve.values = {{1}, {1}, {1}};
  EXPECT_THAT(ToTextPlot(flat), HasSubstr("*"));
  EXPECT_EQ(ToSvg(flat).find("nan"), std::string::npos);
}

TEST(Curves, TheCsvHasARowForEveryValue) {
  const std::string csv = ToCsv(Example());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 3 * 3);
  EXPECT_THAT(csv, HasSubstr("curve,lag,repetition,return\n"));
  EXPECT_THAT(csv, HasSubstr("fell,64,2,-9\n"));
}

TEST(Curves, ThePictureHasALineAndABandForEachCurve) {
  // In the chart's first two colours; bands let what is below them through.
  std::string svg = ToSvg(Example());
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("</svg>"));
  // Versions of cairo differ in where they put spaces.
  svg = absl::StrReplaceAll(svg, {{", ", ","}});
  for (const char* color : {"4.313725%,43.137255%,60%", "85.098039%,45.098039%,5.098039%"}) {
    size_t uses = 0;
    for (size_t at = 0; (at = svg.find(color, at)) != std::string::npos; ++at) ++uses;
    // Band, line, and the line's sample in the key.
    EXPECT_EQ(uses, 3u) << color;
  }
}

}  // namespace
}  // namespace nyala
