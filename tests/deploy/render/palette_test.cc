#include "deploy/render/palette.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nyala {
namespace {

TEST(Palette, FewColorsAreKeptExactly) {
  const Palette palette = MakePalette({{0xFF0000, 5}, {0x00FF01, 1}, {0x000000, 900}}, 3);
  ASSERT_EQ(palette.colors.size(), 3u);
  const Color& green = palette.colors[palette.index.at(0x00FF01)];
  EXPECT_EQ(green.red, 0);
  EXPECT_EQ(green.green, 255);
  EXPECT_EQ(green.blue, 1);
}

TEST(Palette, ManyColorsGetNearOnes) {
  std::unordered_map<PackedColor, int64_t> counts;
  for (PackedColor red = 0; red < 256; red += 5) {
    for (PackedColor blue = 0; blue < 256; blue += 5) counts[red << 16 | blue] = 1 + red;
  }
  const Palette palette = MakePalette(counts, 64);
  EXPECT_EQ(palette.colors.size(), 64u);
  ASSERT_EQ(palette.index.size(), counts.size());
  int64_t off = 0;
  for (const auto& [color, index] : palette.index) {
    ASSERT_LT(index, palette.colors.size());
    off += std::abs(static_cast<int>(color >> 16) - palette.colors[index].red);
    off += std::abs(static_cast<int>(color & 0xff) - palette.colors[index].blue);
    ASSERT_EQ(palette.colors[index].green, 0);
  }
  // 64 boxes of a plane of 256 x 256: sides of 32, whose points are 8 off the middle in the mean.
  EXPECT_LT(static_cast<double>(off) / static_cast<double>(counts.size()), 24);
}

TEST(Palette, ASmallOneGrowsUntilNoColorIsFarOff) {
  std::unordered_map<PackedColor, int64_t> edge, rainbow;
  for (PackedColor shade = 0; shade < 256; ++shade) edge[shade * 0x010101] = 1;
  for (PackedColor color = 0; color < 1 << 24; color += 4099) rainbow[color] = 1;
  EXPECT_EQ(MakeSmallPalette(edge, 16).colors.size(), 31u);
  EXPECT_EQ(MakeSmallPalette(edge, 4).colors.size(), 63u);
  EXPECT_EQ(MakeSmallPalette(rainbow, 16).colors.size(), 255u);
  EXPECT_EQ(MakeSmallPalette({{0x000001, 1}}, 0).colors.size(), 1u);
}

TEST(Palette, OneColorForAllIsTheirMean) {
  const Palette palette = MakePalette({{0x000000, 3}, {0x040008, 1}}, 1);
  ASSERT_EQ(palette.colors.size(), 1u);
  EXPECT_EQ(palette.colors[0].red, 1);
  EXPECT_EQ(palette.colors[0].blue, 2);
}

}  // namespace
}  // namespace nyala
