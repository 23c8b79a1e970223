// The picture of a MinAtar board: a square of one colour for each cell, as in its authors' figures.
//
// A channel's colour is its place on the cubehelix scale (Green, "A colour scheme for the display
// of astronomical intensity images", 2011), spread over the channels; empty cells are black, and
// where channels meet the highest one shows. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "actor/canvas.h"

namespace nyala {

// `board`: zeros and ones [channels, size, size].
void DrawMinAtarBoard(const std::vector<uint8_t>& board, int size, Canvas& canvas);

}  // namespace nyala
