#include "deploy/study/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

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
  const std::string svg = ToSvg(Example());
  size_t lines = 0, bands = 0;
  for (size_t at = 0; (at = svg.find("<polyline", at)) != std::string::npos; ++at) ++lines;
  for (size_t at = 0; (at = svg.find("<polygon", at)) != std::string::npos; ++at) ++bands;
  EXPECT_EQ(lines, 2u);
  EXPECT_EQ(bands, 2u);
  EXPECT_THAT(svg, HasSubstr("a title"));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
}

}  // namespace
}  // namespace nyala
