// Draws what a Box2D body is made of.
#pragma once

#include <box2d/box2d.h>

#include "actor/canvas.h"

namespace nyala {

struct BodyColors {
  Color fill;
  Color outline;
};

// Its polygons, where it is.
void DrawBody(const b2Body& body, BodyColors colors, Canvas& canvas);

// A pole of `height` with a pennant at its top.
void DrawFlag(Point foot, double height, BodyColors colors, Canvas& canvas);

}  // namespace nyala
