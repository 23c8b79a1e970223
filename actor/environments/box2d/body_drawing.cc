#include "actor/environments/box2d/body_drawing.h"

#include <vector>

namespace nyala {
namespace {

constexpr double kOutlineWidth = 1.5;

std::vector<Point> Corners(const b2Body& body, const b2PolygonShape& polygon) {
  std::vector<Point> corners;
  for (int32 i = 0; i < polygon.m_count; ++i) {
    const b2Vec2 at = body.GetWorldPoint(polygon.m_vertices[i]);
    corners.push_back({at.x, at.y});
  }
  return corners;
}

}  // namespace

void DrawBody(const b2Body& body, BodyColors colors, Canvas& canvas) {
  for (const b2Fixture* fixture = body.GetFixtureList(); fixture != nullptr;
       fixture = fixture->GetNext()) {
    if (fixture->GetShape()->GetType() != b2Shape::e_polygon) continue;
    std::vector<Point> corners =
        Corners(body, *static_cast<const b2PolygonShape*>(fixture->GetShape()));
    canvas.FillPolygon(corners, colors.fill);
    corners.push_back(corners.front());
    canvas.DrawLines(corners, colors.outline, kOutlineWidth);
  }
}

void DrawFlag(Point foot, double height, BodyColors colors, Canvas& canvas) {
  const Point top = {foot.x, foot.y + height};
  canvas.FillPolygon(
      {top, {foot.x, top.y - 0.2 * height}, {foot.x + 0.5 * height, top.y - 0.1 * height}},
      colors.fill);
  canvas.DrawLines({foot, top}, colors.outline, kOutlineWidth);
}

}  // namespace nyala
