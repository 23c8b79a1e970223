#include "actor/canvas.h"

#include <cairo-svg.h>
#include <cairo.h>

#include <cmath>

#include "common/base/check.h"

namespace nyala {

namespace {

cairo_status_t Append(void* file, const unsigned char* bytes, unsigned int size) {
  static_cast<std::string*>(file)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

struct Canvas::Surface {
  Surface(int width, int height, Kind of)
      : kind(of),
        surface(of == Kind::kPixels
                    ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
                    : cairo_svg_surface_create_for_stream(Append, &svg, width, height)),
        cairo(cairo_create(surface)) {
    NYALA_CHECK(cairo_status(cairo) == CAIRO_STATUS_SUCCESS, "a picture of this size");
  }
  ~Surface() {
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
  }
  void SetColor(Color color, double opacity = 1) {
    cairo_set_source_rgba(cairo, color.red / 255.0, color.green / 255.0, color.blue / 255.0,
                          opacity);
  }

  const Kind kind;
  std::string svg;
  cairo_surface_t* const surface;
  cairo_t* const cairo;
};

Canvas::Canvas(int width, int height, Kind kind)
    : width_(width), height_(height), surface_(std::make_unique<Surface>(width, height, kind)) {
  Clear({255, 255, 255});
}

Canvas::~Canvas() = default;

void Canvas::SetView(double left, double bottom, double right, double top) {
  left_ = left;
  bottom_ = bottom;
  scale_x_ = width_ / (right - left);
  scale_y_ = height_ / (top - bottom);
}

Point Canvas::ToPixels(Point world) const {
  return {(world.x - left_) * scale_x_, height_ - (world.y - bottom_) * scale_y_};
}

void Canvas::Clear(Color color) {
  surface_->SetColor(color);
  cairo_paint(surface_->cairo);
}

void Canvas::FillPolygon(const std::vector<Point>& corners, Color color, double opacity) {
  for (const Point& corner : corners) {
    const Point at = ToPixels(corner);
    cairo_line_to(surface_->cairo, at.x, at.y);
  }
  surface_->SetColor(color, opacity);
  cairo_fill(surface_->cairo);
}

void Canvas::DrawLines(const std::vector<Point>& points, Color color, double width, double dash) {
  for (const Point& point : points) {
    const Point at = ToPixels(point);
    cairo_line_to(surface_->cairo, at.x, at.y);
  }
  surface_->SetColor(color);
  cairo_set_line_width(surface_->cairo, width);
  cairo_set_dash(surface_->cairo, &dash, dash > 0 ? 1 : 0, 0);
  cairo_set_line_cap(surface_->cairo, dash > 0 ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(surface_->cairo, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(surface_->cairo);
}

void Canvas::FillCircle(Point center, double radius, Color color) {
  const Point at = ToPixels(center);
  cairo_arc(surface_->cairo, at.x, at.y, radius * std::abs(scale_x_), 0, 2 * M_PI);
  surface_->SetColor(color);
  cairo_fill(surface_->cairo);
}

void Canvas::DrawText(Point at, const std::string& text, Color color, double size, Align align) {
  const Point start = ToPixels(at);
  surface_->SetColor(color);
  cairo_set_font_size(surface_->cairo, size);
  cairo_text_extents_t extents;
  cairo_text_extents(surface_->cairo, text.c_str(), &extents);
  const double before = align == Align::kLeft ? 0 : align == Align::kMiddle ? 0.5 : 1;
  cairo_move_to(surface_->cairo, start.x - before * extents.x_advance, start.y);
  cairo_show_text(surface_->cairo, text.c_str());
  cairo_new_path(surface_->cairo);
}

void Canvas::DrawImage(const uint8_t* rgb, int columns, int rows) {
  NYALA_CHECK(surface_->kind == Kind::kPixels, "a canvas of pixels");
  cairo_surface_flush(surface_->surface);
  uint8_t* const pixels = cairo_image_surface_get_data(surface_->surface);
  const int stride = cairo_image_surface_get_stride(surface_->surface);
  for (int y = 0; y < height_; ++y) {
    auto* const line = reinterpret_cast<uint32_t*>(pixels + static_cast<size_t>(y) * stride);
    const uint8_t* const row = rgb + static_cast<size_t>(y) * rows / height_ * columns * 3;
    for (int x = 0; x < width_; ++x) {
      const uint8_t* const from = row + static_cast<size_t>(x) * columns / width_ * 3;
      line[x] = uint32_t{from[0]} << 16 | uint32_t{from[1]} << 8 | from[2];
    }
  }
  cairo_surface_mark_dirty(surface_->surface);
}

std::vector<uint8_t> Canvas::Rgb() const {
  NYALA_CHECK(surface_->kind == Kind::kPixels, "a canvas of pixels");
  cairo_surface_flush(surface_->surface);
  const uint8_t* const pixels = cairo_image_surface_get_data(surface_->surface);
  const int stride = cairo_image_surface_get_stride(surface_->surface);
  std::vector<uint8_t> rgb;
  rgb.reserve(static_cast<size_t>(width_) * height_ * 3);
  for (int y = 0; y < height_; ++y) {
    const auto* line = reinterpret_cast<const uint32_t*>(pixels + static_cast<size_t>(y) * stride);
    for (int x = 0; x < width_; ++x) {
      for (const int shift : {16, 8, 0}) rgb.push_back(static_cast<uint8_t>(line[x] >> shift));
    }
  }
  return rgb;
}

std::string Canvas::Encode() {
  if (surface_->kind == Kind::kSvg) {
    cairo_surface_finish(surface_->surface);
    return surface_->svg;
  }
  std::string png;
  cairo_surface_write_to_png_stream(surface_->surface, Append, &png);
  return png;
}

}  // namespace nyala
