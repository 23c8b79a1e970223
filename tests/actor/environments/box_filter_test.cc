#include "actor/environments/atari/box_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/random.h"
#include "tests/support/slow_shrink.h"

namespace nyala {
namespace {

using ::testing::ElementsAre;

std::vector<uint8_t> Shrink(const std::vector<uint8_t>& in, int in_rows, int in_columns,
                            int out_rows, int out_columns) {
  std::vector<uint8_t> out(out_rows * out_columns, 77);
  BoxFilter(in_rows, in_columns, out_rows, out_columns).Apply(in.data(), out.data());
  return out;
}

std::vector<uint8_t> RandomImage(int rows, int columns, uint64_t seed) {
  RandomSequence random(seed);
  std::vector<uint8_t> image(rows * columns);
  for (uint8_t& pixel : image) pixel = static_cast<uint8_t>(random.Below(256));
  return image;
}

TEST(BoxFilter, TakesMeansAndRoundsHalvesUp) {
  EXPECT_THAT(Shrink({1, 2, 3, 4}, 2, 2, 1, 1), ElementsAre(3));
  EXPECT_THAT(Shrink({0, 0, 0, 1}, 2, 2, 1, 1), ElementsAre(0));
  EXPECT_THAT(Shrink({10, 20, 30, 50}, 1, 4, 1, 2), ElementsAre(15, 40));
}

TEST(BoxFilter, SplitsPixelsThatLieInTwo) {
  // 3 to 2: the middle pixel belongs to both by half.
  EXPECT_THAT(Shrink({30, 60, 90}, 3, 1, 2, 1), ElementsAre(40, 80));
  // 5 to 3, in thirds: (3a + 2b) / 5, (b + 3c + d) / 5, (2d + 3e) / 5.
  EXPECT_THAT(Shrink({0, 50, 100, 150, 200}, 1, 5, 1, 3), ElementsAre(20, 100, 180));
}

TEST(BoxFilter, LeavesAnImageOfTheSameSizeAsItIs) {
  const std::vector<uint8_t> image = RandomImage(7, 5, 1);
  EXPECT_EQ(Shrink(image, 7, 5, 7, 5), image);
}

TEST(BoxFilter, IsTheMeanOfAreasAtManySizes) {
  const int sizes[][4] = {{210, 160, 84, 84}, {250, 160, 84, 84}, {84, 85, 84, 84},
                          {167, 301, 84, 83}, {257, 99, 255, 98}, {9, 7, 4, 1},
                          {13, 11, 12, 10}};
  for (const auto& [in_rows, in_columns, out_rows, out_columns] : sizes) {
    const std::vector<uint8_t> image = RandomImage(in_rows, in_columns, in_rows);
    EXPECT_EQ(Shrink(image, in_rows, in_columns, out_rows, out_columns),
              SlowShrink(image, in_rows, in_columns, out_rows, out_columns))
        << in_rows << "x" << in_columns;
  }
}

TEST(BoxFilter, IsExactForTheLargestSums) {
  // Without common divisors: the largest weights there can be.
  std::vector<uint8_t> image(257 * 4096, 255);
  EXPECT_EQ(Shrink(image, 257, 4096, 256, 4095), std::vector<uint8_t>(256 * 4095, 255));
  // It covers nearly all of the first mean.
  image[0] = 254;
  EXPECT_EQ(Shrink(image, 257, 4096, 256, 4095)[0], 254);
}

}  // namespace
}  // namespace nyala
