// WalkerWorld: ground, hull and two legs of two parts each, as bodies of a Box2D world.
//
// All that is random is handed in, so a world is a function of its arguments and can be laid beside
// Gymnasium's on the same terrain. Geometry, masses, joints, motors and lidar are those of
// Gymnasium's bipedal_walker.py; units are Box2D's (30 pixels of its picture are 1). The ground is
// one body of many edges, where Gymnasium has as many bodies.
// One thread at a time. Box2D keeps its own pools: they may grow by a block at the first contacts.
#pragma once

#include <box2d/box2d.h>

#include <array>
#include <optional>

#include "actor/canvas.h"
#include "actor/environments/box2d/ground_contacts.h"
#include "actor/environments/box2d/walker_terrain.h"

namespace nyala {

struct WalkerStart {
  WalkerTerrain terrain;
  // Acts on the hull in the first frame.
  double force = 0;
};

class WalkerWorld {
 public:
  static constexpr int kObservations = 24, kActions = 4;

  void Build(WalkerStart start);
  // A frame of 1/50 s under torques of hip, knee, hip, knee, in parts of the motors' strength; what
  // lies outside [-1, 1] is clipped. Build comes first, as for all below.
  void Step(const std::array<double, kActions>& torques);

  // In Gymnasium's order and units: hull (4), legs (5 each), lidar (10).
  std::array<double, kObservations> State() const;
  // Position of the hull.
  double x() const { return hull_->GetPosition().x; }
  // Whether the hull touched the ground.
  bool fallen() const { return contacts_.trunk_touched(); }
  void Draw(Canvas& canvas) const;

 private:
  void BuildGround();
  void BuildHull();
  void BuildLeg(int side);
  b2Body* AddLegPart(double y, double width, int side);
  b2RevoluteJoint* AddJoint(b2Body* above, b2Body* below, double anchor_above, double speed,
                            double lower, double upper);
  void DrawScenery(double left, Canvas& canvas) const;

  GroundContacts contacts_;
  std::optional<b2World> world_;
  WalkerTerrain terrain_;
  b2Body* hull_ = nullptr;
  // Upper and lower part of one leg, then of the other.
  std::array<b2Body*, 4> legs_ = {};
  std::array<b2RevoluteJoint*, 4> joints_ = {};
};

}  // namespace nyala
