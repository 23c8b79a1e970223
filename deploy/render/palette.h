// Palette: few colours for many (median cut: Heckbert, "Color image quantization for frame buffer
// display", SIGGRAPH 1982).
//
// Value; no threads.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "actor/canvas.h"

namespace nyala {

// 0xRRGGBB.
using PackedColor = uint32_t;

struct Palette {
  std::vector<Color> colors;
  // The index of every colour it was made of.
  std::unordered_map<PackedColor, uint8_t> index;
};

// Palette of colours with how often each is there. Exact where there are no more than `most` (1 to
// 256) of them; else each gets the mean of its box.
Palette MakePalette(const std::unordered_map<PackedColor, int64_t>& counts, size_t most);

// One of 31 colours, or of more, up to 255, where any would be off by more than `tolerance` in red,
// green or blue. Small palettes make small files.
Palette MakeSmallPalette(const std::unordered_map<PackedColor, int64_t>& counts, int tolerance);

}  // namespace nyala
