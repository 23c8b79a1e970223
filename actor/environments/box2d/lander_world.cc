#include "actor/environments/box2d/lander_world.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "actor/environments/box2d/body_drawing.h"

namespace nyala {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kScale = 30;
constexpr double kFramesPerSecond = 50;
constexpr int kVelocityIterations = 180, kPositionIterations = 60;
constexpr int kChunks = 11;
constexpr double kPadHeight = LanderWorld::kHeight / 4;
constexpr double kMainEnginePower = 13, kSideEnginePower = 0.6;
constexpr double kMainEngineBelow = 4, kSideEngineAway = 12, kSideEngineAbove = 14;
constexpr double kLegAway = 20, kLegDown = 18, kLegHalfWidth = 2, kLegHalfHeight = 8;
constexpr float kLegTorque = 40;
constexpr uint16_t kGroundBits = 0x0001, kLanderBits = 0x0010, kLegBits = 0x0020;

constexpr Color kSky = {18, 20, 38}, kGround = {198, 198, 208}, kWhite = {240, 240, 240};
constexpr BodyColors kLanderColors = {{128, 102, 230}, {77, 77, 128}};
constexpr BodyColors kFlagColors = {{204, 204, 0}, kWhite};
constexpr Color kFlame = {255, 150, 50};

b2Vec2 ToVec2(double x, double y) { return {static_cast<float>(x), static_cast<float>(y)}; }

double ChunkX(int chunk) { return LanderWorld::kWidth / (kChunks - 1) * chunk; }

// Never repeats.
double WindAt(int64_t place) {
  const auto x = static_cast<double>(place);
  return std::tanh(std::sin(0.02 * x) + std::sin(kPi * 0.01 * x));
}

b2FixtureDef Part(const b2Shape& shape, float density, uint16_t bits) {
  b2FixtureDef part;
  part.shape = &shape;
  part.density = density;
  part.filter.categoryBits = bits;
  part.filter.maskBits = kGroundBits;
  return part;
}

}  // namespace

void LanderWorld::Build(const LanderStart& start) {
  world_.emplace(ToVec2(0, options_.gravity));
  world_->SetContactListener(&contacts_);
  BuildGround(start.heights);
  BuildLander();
  lander_->ApplyForceToCenter(ToVec2(start.force_x, start.force_y), true);
  BuildLegs();
  contacts_.Watch(lander_, {legs_[0], legs_[1]});
  wind_ = start.wind;
  turbulence_ = start.turbulence;
  frames_ = 0;
  flying_ = false;
}

void LanderWorld::BuildGround(const std::array<double, 12>& heights) {
  std::array<double, 12> rough = heights;
  for (int i = kChunks / 2 - 2; i <= kChunks / 2 + 2; ++i) rough[i] = kPadHeight;
  for (int i = 0; i < kChunks; ++i) {
    // The first has the last for its neighbour.
    ground_[i] = 0.33 * (rough[(i + kChunks) % (kChunks + 1)] + rough[i] + rough[i + 1]);
  }
  const b2BodyDef definition;
  b2Body* const moon = world_->CreateBody(&definition);
  b2EdgeShape edge;
  edge.SetTwoSided(ToVec2(0, 0), ToVec2(kWidth, 0));
  moon->CreateFixture(&edge, 0);
  b2FixtureDef stretch;
  stretch.shape = &edge;
  stretch.friction = 0.1F;
  for (int i = 0; i + 1 < kChunks; ++i) {
    edge.SetTwoSided(ToVec2(ChunkX(i), ground_[i]), ToVec2(ChunkX(i + 1), ground_[i + 1]));
    moon->CreateFixture(&stretch);
  }
}

void LanderWorld::BuildLander() {
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = ToVec2(kWidth / 2, kHeight);
  lander_ = world_->CreateBody(&definition);
  const std::array<b2Vec2, 6> corners = {ToVec2(-14 / kScale, 17 / kScale),
                                         ToVec2(-17 / kScale, 0),
                                         ToVec2(-17 / kScale, -10 / kScale),
                                         ToVec2(17 / kScale, -10 / kScale),
                                         ToVec2(17 / kScale, 0),
                                         ToVec2(14 / kScale, 17 / kScale)};
  b2PolygonShape polygon;
  polygon.Set(corners.data(), corners.size());
  b2FixtureDef hull = Part(polygon, 5, kLanderBits);
  hull.friction = 0.1F;
  lander_->CreateFixture(&hull);
}

void LanderWorld::BuildLegs() {
  const std::array<LanderFlight::Leg, 2> legs = {BuildLeg(-1), BuildLeg(1)};
  for (size_t i = 0; i < legs.size(); ++i) legs_[i] = legs[i].body;
  flight_.Build(lander_, legs);
}

LanderFlight::Leg LanderWorld::BuildLeg(int side) {
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = ToVec2(kWidth / 2 - side * kLegAway / kScale, kHeight);
  definition.angle = static_cast<float>(side * 0.05);
  b2Body* const leg = world_->CreateBody(&definition);
  b2PolygonShape box;
  box.SetAsBox(static_cast<float>(kLegHalfWidth / kScale),
               static_cast<float>(kLegHalfHeight / kScale));
  const b2FixtureDef part = Part(box, 1, kLegBits);
  leg->CreateFixture(&part);

  b2RevoluteJointDef joint;
  joint.bodyA = lander_;
  joint.bodyB = leg;
  joint.localAnchorB = ToVec2(side * kLegAway / kScale, kLegDown / kScale);
  // Its angles count from where the leg starts, as Gymnasium's bindings have it.
  joint.referenceAngle = leg->GetAngle() - lander_->GetAngle();
  joint.enableMotor = true;
  joint.enableLimit = true;
  joint.maxMotorTorque = kLegTorque;
  joint.motorSpeed = static_cast<float>(0.3 * side);
  joint.lowerAngle = static_cast<float>(side < 0 ? 0.9 - 0.5 : -0.9);
  joint.upperAngle = static_cast<float>(side < 0 ? 0.9 : -0.9 + 0.5);
  world_->CreateJoint(&joint);
  // The motor pushes inwards, to the limit on that side.
  return {leg,
          {joint.localAnchorB.x, joint.localAnchorB.y},
          joint.motorSpeed,
          side < 0 ? joint.lowerAngle : joint.upperAngle,
          joint.referenceAngle};
}

bool LanderWorld::FarFromGround() const {
  // The first frames bring the legs into their limits.
  constexpr int64_t kUnfolding = 2;
  constexpr double kReach = 1.25, kMargin = 0.25;
  if (frames_ < kUnfolding || world_->GetContactCount() > 0) return false;
  const b2Vec2 at = lander_->GetPosition();
  const double x = flying_ ? flight_.position().real() : at.x;
  const double y = flying_ ? flight_.position().imag() : at.y;
  const double chunk = kWidth / (kChunks - 1);
  const int first = std::clamp(static_cast<int>((x - kReach) / chunk), 0, kChunks - 1);
  const int last = std::clamp(static_cast<int>((x + kReach) / chunk) + 1, 0, kChunks - 1);
  const double highest = *std::max_element(ground_.begin() + first, ground_.begin() + last + 1);
  return y - kReach - kMargin > highest;
}

void LanderWorld::AddImpulse(LanderFlight::Vector impulse, LanderFlight::Vector at) {
  if (flying_) {
    flight_.AddImpulse(impulse, at);
  } else {
    lander_->ApplyLinearImpulse(ToVec2(impulse.real(), impulse.imag()),
                                ToVec2(at.real(), at.imag()), true);
  }
}

void LanderWorld::Blow() {
  const double force = WindAt(wind_++) * options_.wind_power;
  const double torque = WindAt(turbulence_++) * options_.turbulence_power;
  if (flying_) {
    flight_.AddImpulse(force / kFramesPerSecond, flight_.center());
    flight_.AddAngularImpulse(torque / kFramesPerSecond);
  } else {
    lander_->ApplyForceToCenter(ToVec2(force, 0), true);
    lander_->ApplyTorque(static_cast<float>(torque), true);
  }
}

void LanderWorld::Push(const LanderThrust& thrust) {
  using Vector = LanderFlight::Vector;
  const double angle = flying_ ? flight_.angle() : lander_->GetAngle();
  const b2Vec2 origin = lander_->GetPosition();
  const Vector position = flying_ ? flight_.position() : Vector(origin.x, origin.y);
  const double tip_x = std::sin(angle), tip_y = std::cos(angle);
  const double d0 = thrust.dispersion[0] / kScale, d1 = thrust.dispersion[1] / kScale;
  if (thrust.main > 0) {
    const double along = kMainEngineBelow / kScale + 2 * d0;
    const Vector away(tip_x * along - tip_y * d1, -tip_y * along - tip_x * d1);
    AddImpulse(-kMainEnginePower * thrust.main * away, position + away);
  }
  if (thrust.side > 0) {
    const double across = 3 * d1 + thrust.direction * kSideEngineAway / kScale;
    const Vector away(tip_x * d0 - tip_y * across, -tip_y * d0 - tip_x * across);
    // 17 where kSideEngineAbove is meant, as in the original: the torque depends on the angle.
    const Vector engine(-tip_x * 17 / kScale, tip_y * kSideEngineAbove / kScale);
    AddImpulse(-kSideEnginePower * thrust.side * away, position + away + engine);
  }
}

void LanderWorld::Step(const LanderThrust& thrust) {
  const bool far = FarFromGround();
  if (far && !flying_) flight_.Take();
  if (!far && flying_) flight_.Give();
  flying_ = far;
  const std::array<bool, 2>& down = contacts_.feet_down();
  if (options_.enable_wind && !down[0] && !down[1]) Blow();
  Push(thrust);
  if (flying_) {
    flight_.Advance(1 / kFramesPerSecond, options_.gravity);
  } else {
    world_->Step(static_cast<float>(1 / kFramesPerSecond), kVelocityIterations,
                 kPositionIterations);
  }
  ++frames_;
}

std::array<double, 8> LanderWorld::State() const {
  const b2Vec2 origin = lander_->GetPosition(), speed = lander_->GetLinearVelocity();
  using Vector = LanderFlight::Vector;
  const Vector position = flying_ ? flight_.position() : Vector(origin.x, origin.y);
  const Vector velocity = flying_ ? flight_.velocity() : Vector(speed.x, speed.y);
  const double turning = flying_ ? flight_.turning() : lander_->GetAngularVelocity();
  const std::array<bool, 2>& down = contacts_.feet_down();
  return {(position.real() - kWidth / 2) / (kWidth / 2),
          (position.imag() - (kPadHeight + kLegDown / kScale)) / (kHeight / 2),
          velocity.real() * (kWidth / 2) / kFramesPerSecond,
          velocity.imag() * (kHeight / 2) / kFramesPerSecond,
          flying_ ? flight_.angle() : lander_->GetAngle(),
          20.0 * turning / kFramesPerSecond,
          down[0] ? 1.0 : 0.0,
          down[1] ? 1.0 : 0.0};
}

void LanderWorld::Draw(const LanderThrust& thrust, Canvas& canvas) const {
  if (flying_) flight_.Give();
  canvas.SetView(0, 0, kWidth, kHeight);
  canvas.Clear(kSky);
  std::vector<Point> ground = {{kWidth, 0}, {0, 0}};
  for (int i = 0; i < kChunks; ++i) ground.push_back({ChunkX(i), ground_[i]});
  canvas.FillPolygon(ground, kGround);
  for (const int chunk : {kChunks / 2 - 1, kChunks / 2 + 1}) {
    DrawFlag({ChunkX(chunk), kPadHeight}, 50 / kScale, kFlagColors, canvas);
  }
  const auto flame = [&](double x, double y, double to_x, double to_y) {
    const b2Vec2 from = lander_->GetWorldPoint(ToVec2(x / kScale, y / kScale));
    const b2Vec2 to = lander_->GetWorldPoint(ToVec2(to_x / kScale, to_y / kScale));
    canvas.DrawLines({{from.x, from.y}, {to.x, to.y}}, kFlame, 6);
  };
  if (thrust.main > 0) flame(0, -12, 0, -12 - 20 * thrust.main);
  if (thrust.side > 0) {
    const double edge = -17 * thrust.direction;
    flame(edge, 13, edge - 14 * thrust.side * thrust.direction, 13);
  }
  for (const b2Body* leg : legs_) DrawBody(*leg, kLanderColors, canvas);
  DrawBody(*lander_, kLanderColors, canvas);
}

}  // namespace nyala
