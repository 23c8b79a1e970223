// Pictures for tests of films.
#pragma once

#include <cstdint>

#include "deploy/render/film.h"

namespace nyala {

// A plain one, on which a square of 4 x 4 pixels stands `at` pixels from the left.
inline Picture SquareAt(int at, int width = 24, int height = 10) {
  Picture picture{width, height,
                  std::vector<uint8_t>(static_cast<size_t>(width) * height * 3, 250)};
  for (int y = 3; y < 7; ++y) {
    for (int x = at; x < at + 4; ++x) {
      uint8_t* const rgb = &picture.rgb[(static_cast<size_t>(y) * width + x) * 3];
      rgb[0] = 200;
      rgb[1] = static_cast<uint8_t>(10 * x);
      rgb[2] = 0;
    }
  }
  return picture;
}

}  // namespace nyala
