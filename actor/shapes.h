// Shapes and colours that several environments draw with. Pure; any thread.
#pragma once

#include <cmath>
#include <vector>

#include "actor/canvas.h"

namespace nyala {

inline constexpr Color kInk{45, 52, 64};
inline constexpr Color kFaint{205, 208, 214};
inline constexpr Color kBlue{11, 110, 153};
inline constexpr Color kOrange{217, 115, 13};
inline constexpr Color kGreen{47, 125, 50};
inline constexpr Color kRed{194, 48, 47};

// The corners of a rectangle that is turned by `angle`, in radians against the clock.
inline std::vector<Point> Rectangle(Point center, double half_width, double half_height,
                                    double angle = 0) {
  const double cosine = std::cos(angle), sine = std::sin(angle);
  std::vector<Point> corners;
  for (const Point& at : {Point{-1, -1}, Point{1, -1}, Point{1, 1}, Point{-1, 1}}) {
    const double x = at.x * half_width, y = at.y * half_height;
    corners.push_back({center.x + x * cosine - y * sine, center.y + x * sine + y * cosine});
  }
  return corners;
}

}  // namespace nyala
