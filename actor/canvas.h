// Canvas: a picture that an environment draws itself into.
//
// Coordinates are the world's, y up, as SetView says; widths and text sizes are pixels. Shapes are
// smoothed at their edges. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nyala {

struct Color {
  uint8_t red = 0, green = 0, blue = 0;
};

struct Point {
  double x = 0, y = 0;
};

enum class Align { kLeft, kMiddle, kRight };

class Canvas {
 public:
  enum class Kind {
    kPixels,
    // A drawing of any resolution: without DrawImage and Rgb.
    kSvg,
  };

  // White. Both at least 1 pixel.
  Canvas(int width, int height, Kind kind = Kind::kPixels);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }

  // The part of the world that fills the picture; at first a pixel is a unit and (0, 0) is the
  // lower left corner.
  void SetView(double left, double bottom, double right, double top);

  void Clear(Color color);
  // Opacity: 1 hides what is below, 0 is invisible.
  void FillPolygon(const std::vector<Point>& corners, Color color, double opacity = 1);
  // Dashes of so many pixels and gaps as long; 0: without gaps.
  void DrawLines(const std::vector<Point>& points, Color color, double width, double dash = 0);
  // The radius is in the world's units along x.
  void FillCircle(Point center, double radius, Color color);
  // On the baseline; `at` is its left end, its middle or its right end.
  void DrawText(Point at, const std::string& text, Color color, double size,
                Align align = Align::kLeft);
  // Fills the picture: rgb [rows, columns, 3], top row first, nearest pixel.
  void DrawImage(const uint8_t* rgb, int columns, int rows);

  // [height, width, 3], top row first.
  std::vector<uint8_t> Rgb() const;

  // The bytes of a PNG file, or of an SVG file for that kind, which cannot be drawn on afterwards.
  std::string Encode();

 private:
  struct Surface;
  Point ToPixels(Point world) const;

  const int width_, height_;
  double left_ = 0, bottom_ = 0, scale_x_ = 1, scale_y_ = 1;
  const std::unique_ptr<Surface> surface_;
};

}  // namespace nyala
