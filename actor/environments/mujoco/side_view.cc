#include "actor/environments/mujoco/side_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace nyala {
namespace {

using Vector = std::array<double, 3>;

constexpr int kCorners = 48;
constexpr Color kSky = {235, 242, 250};
constexpr Color kFloor = {190, 200, 190};
constexpr Color kMark = {150, 160, 150};
constexpr double kMarkEvery = 1.0;

// The point of a shape, in its own frame, that lies farthest along `u`.
Vector Farthest(int type, const mjtNum* size, const Vector& u) {
  const double across = std::hypot(u[0], u[1]);
  const double length = std::hypot(across, u[2]);
  const double up = u[2] < 0 ? -1 : 1;
  switch (type) {
    case mjGEOM_CAPSULE:
    case mjGEOM_SPHERE: {
      const double half = type == mjGEOM_CAPSULE ? size[1] * up : 0;
      return {u[0] / length * size[0], u[1] / length * size[0], u[2] / length * size[0] + half};
    }
    case mjGEOM_CYLINDER: {
      const double radius = across > 0 ? size[0] / across : 0;
      return {u[0] * radius, u[1] * radius, size[1] * up};
    }
    case mjGEOM_ELLIPSOID: {
      const Vector s = {u[0] * size[0], u[1] * size[1], u[2] * size[2]};
      const double norm = std::hypot(s[0], s[1], s[2]);
      return {s[0] / norm * size[0], s[1] / norm * size[1], s[2] / norm * size[2]};
    }
    default:
      return {std::copysign(size[0], u[0]), std::copysign(size[1], u[1]), size[2] * up};
  }
}

// The outline as seen along y.
std::vector<Point> Outline(const mjModel& m, const mjData& d, int geom) {
  const mjtNum* const rotation = d.geom_xmat + 9 * geom;
  const mjtNum* const at = d.geom_xpos + 3 * geom;
  std::vector<Point> corners;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * M_PI * i / kCorners;
    const double x = std::cos(angle), z = std::sin(angle);
    // Into the shape's frame and back.
    Vector u;
    for (int k = 0; k < 3; ++k) u[k] = rotation[k] * x + rotation[6 + k] * z;
    const Vector p = Farthest(m.geom_type[geom], m.geom_size + 3 * geom, u);
    corners.push_back({at[0] + rotation[0] * p[0] + rotation[1] * p[1] + rotation[2] * p[2],
                       at[2] + rotation[6] * p[0] + rotation[7] * p[1] + rotation[8] * p[2]});
  }
  return corners;
}

Color ColorOf(const mjModel& m, int geom) {
  const int material = m.geom_matid[geom];
  const float* const rgba = material >= 0 ? m.mat_rgba + 4 * material : m.geom_rgba + 4 * geom;
  const auto byte = [](float value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0f, 1.0f) * 255));
  };
  return {byte(rgba[0]), byte(rgba[1]), byte(rgba[2])};
}

// With marks, so that it is seen to pass by.
void DrawFloor(double height, double left, double right, double bottom, Canvas& canvas) {
  canvas.FillPolygon({{left, bottom}, {right, bottom}, {right, height}, {left, height}}, kFloor);
  for (double x = std::ceil(left / kMarkEvery) * kMarkEvery; x < right; x += kMarkEvery) {
    canvas.DrawLines({{x, height}, {x, bottom}}, kMark, 2);
  }
}

}  // namespace

void DrawSideView(const mjModel& m, const mjData& d, Canvas& canvas) {
  // subtree_com of body 1 on: of body 0 it would be the world's, with what never moves.
  const mjtNum* const center = d.subtree_com + (m.nbody > 1 ? 3 : 0);
  const double half_height = 0.6 * m.stat.extent;
  const double half_width = half_height * canvas.width() / canvas.height();
  const double left = center[0] - half_width, right = center[0] + half_width;
  const double bottom = m.stat.center[2] - half_height;
  canvas.SetView(left, bottom, right, bottom + 2 * half_height);
  canvas.Clear(kSky);
  std::vector<int> shapes;
  for (int geom = 0; geom < m.ngeom; ++geom) {
    const int type = m.geom_type[geom];
    if (type == mjGEOM_PLANE) {
      DrawFloor(d.geom_xpos[3 * geom + 2], left, right, bottom, canvas);
    } else if (type != mjGEOM_HFIELD && m.geom_rgba[4 * geom + 3] > 0) {
      shapes.push_back(geom);
    }
  }
  std::stable_sort(shapes.begin(), shapes.end(),
                   [&](int a, int b) { return d.geom_xpos[3 * a + 1] > d.geom_xpos[3 * b + 1]; });
  for (const int geom : shapes) canvas.FillPolygon(Outline(m, d, geom), ColorOf(m, geom));
}

}  // namespace nyala
