#include "actor/environments/box2d/walker_world.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "actor/environments/box2d/body_drawing.h"

namespace nyala {
namespace {

constexpr double kScale = 30;
constexpr double kFramesPerSecond = 50;
constexpr int kVelocityIterations = 180, kPositionIterations = 60;
constexpr double kViewWidth = 600 / kScale, kViewHeight = 400 / kScale;
constexpr double kMotorTorque = 80;
constexpr double kHipSpeed = 4, kKneeSpeed = 6;
constexpr int kBeams = 10;
constexpr double kBeamLength = 160 / kScale;
constexpr double kLegDown = -8 / kScale, kLegWidth = 8 / kScale, kLegHeight = 34 / kScale;
constexpr double kStartX = kTerrainStep * kTerrainStartPad / 2;
constexpr double kStartY = kTerrainHeight + 2 * kLegHeight;
constexpr float kFriction = 2.5F;
constexpr uint16_t kGroundBits = 0x0001, kWalkerBits = 0x0020;

constexpr Color kSky = {215, 215, 255}, kSoil = {102, 153, 76}, kGrass = {60, 130, 50};
constexpr BodyColors kHullColors = {{127, 51, 229}, {76, 76, 127}};
constexpr BodyColors kBlockColors = {{245, 245, 245}, {153, 153, 153}};
constexpr BodyColors kFlagColors = {{230, 51, 0}, {0, 0, 0}};

b2Vec2 ToVec2(double x, double y) { return {static_cast<float>(x), static_cast<float>(y)}; }

b2FixtureDef Part(const b2Shape& shape, float density) {
  b2FixtureDef part;
  part.shape = &shape;
  part.density = density;
  part.filter.categoryBits = kWalkerBits;
  part.filter.maskBits = kGroundBits;
  return part;
}

// The nearest ground along a beam.
class Beam : public b2RayCastCallback {
 public:
  float fraction() const { return fraction_; }
  float ReportFixture(b2Fixture* fixture, const b2Vec2&, const b2Vec2&, float fraction) override {
    constexpr float kIgnore = -1;
    if ((fixture->GetFilterData().categoryBits & kGroundBits) == 0) return kIgnore;
    return fraction_ = fraction;
  }

 private:
  float fraction_ = 1;
};

// Legs are told apart by their shade.
BodyColors LegColors(int leg) {
  const auto shade = [leg](int base) { return static_cast<uint8_t>(base + (leg == 0 ? 25 : -25)); };
  return {{shade(153), shade(76), shade(127)}, {shade(102), shade(51), shade(76)}};
}

}  // namespace

void WalkerWorld::Build(WalkerStart start) {
  terrain_ = std::move(start.terrain);
  world_.emplace(b2Vec2(0, -10));
  world_->SetContactListener(&contacts_);
  BuildGround();
  BuildHull();
  hull_->ApplyForceToCenter(ToVec2(start.force, 0), true);
  BuildLeg(-1);
  BuildLeg(1);
  contacts_.Watch(hull_, {legs_[1], legs_[3]});
}

void WalkerWorld::BuildGround() {
  const b2BodyDef definition;
  b2Body* const ground = world_->CreateBody(&definition);
  b2FixtureDef part;
  part.friction = kFriction;
  for (const std::array<Point, 4>& block : terrain_.blocks) {
    std::array<b2Vec2, 4> corners;
    for (size_t i = 0; i < block.size(); ++i) corners[i] = ToVec2(block[i].x, block[i].y);
    b2PolygonShape polygon;
    polygon.Set(corners.data(), corners.size());
    part.shape = &polygon;
    ground->CreateFixture(&part);
  }
  b2EdgeShape edge;
  part.shape = &edge;
  for (int i = 0; i + 1 < kTerrainPoints; ++i) {
    edge.SetTwoSided(ToVec2(i * kTerrainStep, terrain_.heights[i]),
                     ToVec2((i + 1) * kTerrainStep, terrain_.heights[i + 1]));
    ground->CreateFixture(&part);
  }
}

void WalkerWorld::BuildHull() {
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = ToVec2(kStartX, kStartY);
  hull_ = world_->CreateBody(&definition);
  const std::array<b2Vec2, 5> corners = {
      ToVec2(-30 / kScale, 9 / kScale), ToVec2(6 / kScale, 9 / kScale),
      ToVec2(34 / kScale, 1 / kScale), ToVec2(34 / kScale, -8 / kScale),
      ToVec2(-30 / kScale, -8 / kScale)};
  b2PolygonShape polygon;
  polygon.Set(corners.data(), corners.size());
  b2FixtureDef part = Part(polygon, 5);
  part.friction = 0.1F;
  hull_->CreateFixture(&part);
}

b2Body* WalkerWorld::AddLegPart(double y, double width, int side) {
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = ToVec2(kStartX, y);
  definition.angle = static_cast<float>(side * 0.05);
  b2Body* const body = world_->CreateBody(&definition);
  b2PolygonShape box;
  box.SetAsBox(static_cast<float>(width / 2), static_cast<float>(kLegHeight / 2));
  const b2FixtureDef part = Part(box, 1);
  body->CreateFixture(&part);
  return body;
}

b2RevoluteJoint* WalkerWorld::AddJoint(b2Body* above, b2Body* below, double anchor_above,
                                       double speed, double lower, double upper) {
  b2RevoluteJointDef joint;
  joint.bodyA = above;
  joint.bodyB = below;
  joint.localAnchorA = ToVec2(0, anchor_above);
  joint.localAnchorB = ToVec2(0, kLegHeight / 2);
  // Angles count from where the parts start, as Gymnasium's bindings have it.
  joint.referenceAngle = below->GetAngle() - above->GetAngle();
  joint.enableMotor = true;
  joint.enableLimit = true;
  joint.maxMotorTorque = static_cast<float>(kMotorTorque);
  joint.motorSpeed = static_cast<float>(speed);
  joint.lowerAngle = static_cast<float>(lower);
  joint.upperAngle = static_cast<float>(upper);
  return static_cast<b2RevoluteJoint*>(world_->CreateJoint(&joint));
}

void WalkerWorld::BuildLeg(int side) {
  const int at = side < 0 ? 0 : 2;
  legs_[at] = AddLegPart(kStartY - kLegHeight / 2 - kLegDown, kLegWidth, side);
  joints_[at] = AddJoint(hull_, legs_[at], kLegDown, side, -0.8, 1.1);
  legs_[at + 1] = AddLegPart(kStartY - kLegHeight * 3 / 2 - kLegDown, 0.8 * kLegWidth, side);
  joints_[at + 1] = AddJoint(legs_[at], legs_[at + 1], -kLegHeight / 2, 1, -1.6, -0.1);
}

void WalkerWorld::Step(const std::array<double, kActions>& torques) {
  for (int i = 0; i < kActions; ++i) {
    const double speed = i % 2 == 0 ? kHipSpeed : kKneeSpeed;
    const double sign = (torques[i] > 0) - (torques[i] < 0);
    joints_[i]->SetMotorSpeed(static_cast<float>(speed * sign));
    joints_[i]->SetMaxMotorTorque(
        static_cast<float>(kMotorTorque * std::min(std::abs(torques[i]), 1.0)));
  }
  world_->Step(static_cast<float>(1 / kFramesPerSecond), kVelocityIterations, kPositionIterations);
}

std::array<double, WalkerWorld::kObservations> WalkerWorld::State() const {
  const b2Vec2 velocity = hull_->GetLinearVelocity();
  std::array<double, kObservations> state = {hull_->GetAngle(),
                                             2.0 * hull_->GetAngularVelocity() / kFramesPerSecond,
                                             0.3 * velocity.x * kViewWidth / kFramesPerSecond,
                                             0.3 * velocity.y * kViewHeight / kFramesPerSecond};
  for (int leg = 0; leg < 2; ++leg) {
    double* const out = state.data() + 4 + 5 * leg;
    const b2RevoluteJoint& hip = *joints_[2 * leg];
    const b2RevoluteJoint& knee = *joints_[2 * leg + 1];
    out[0] = hip.GetJointAngle();
    out[1] = hip.GetJointSpeed() / kHipSpeed;
    out[2] = knee.GetJointAngle() + 1.0;
    out[3] = knee.GetJointSpeed() / kKneeSpeed;
    out[4] = contacts_.feet_down()[leg] ? 1.0 : 0.0;
  }
  const b2Vec2 from = hull_->GetPosition();
  for (int i = 0; i < kBeams; ++i) {
    const double angle = 1.5 * i / kBeams;
    Beam beam;
    world_->RayCast(
        &beam, from,
        ToVec2(from.x + std::sin(angle) * kBeamLength, from.y - std::cos(angle) * kBeamLength));
    state[14 + i] = beam.fraction();
  }
  return state;
}

void WalkerWorld::DrawScenery(double left, Canvas& canvas) const {
  std::vector<Point> surface;
  for (int i = 0; i < kTerrainPoints; ++i) {
    const double x = i * kTerrainStep;
    if (x < left - kTerrainStep || x > left + kViewWidth + kTerrainStep) continue;
    surface.push_back({x, terrain_.heights[i]});
  }
  std::vector<Point> soil = surface;
  soil.push_back({surface.back().x, 0});
  soil.push_back({surface.front().x, 0});
  canvas.FillPolygon(soil, kSoil);
  canvas.DrawLines(surface, kGrass, 2);
  for (const std::array<Point, 4>& block : terrain_.blocks) {
    if (block[1].x < left || block[0].x > left + kViewWidth) continue;
    std::vector<Point> corners(block.begin(), block.end());
    canvas.FillPolygon(corners, kBlockColors.fill);
    corners.push_back(corners.front());
    canvas.DrawLines(corners, kBlockColors.outline, 1);
  }
  DrawFlag({3 * kTerrainStep, kTerrainHeight}, 50 / kScale, kFlagColors, canvas);
}

void WalkerWorld::Draw(Canvas& canvas) const {
  const double left = x() - kViewWidth / 5;
  canvas.SetView(left, 0, left + kViewWidth, kViewHeight);
  canvas.Clear(kSky);
  DrawScenery(left, canvas);
  for (int leg = 1; leg >= 0; --leg) {
    DrawBody(*legs_[2 * leg], LegColors(leg), canvas);
    DrawBody(*legs_[2 * leg + 1], LegColors(leg), canvas);
    if (leg == 1) DrawBody(*hull_, kHullColors, canvas);
  }
}

}  // namespace nyala
