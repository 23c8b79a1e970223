#include "actor/environments/box2d/lander_flight.h"

#include <algorithm>
#include <cmath>

namespace nyala {
namespace {

using Vector = LanderFlight::Vector;

double Cross(Vector a, Vector b) { return a.real() * b.imag() - a.imag() * b.real(); }

// By a quarter turn: the velocity at `v` of what turns once a second by one radian.
Vector Quarter(Vector v) { return {-v.imag(), v.real()}; }

Vector Turned(Vector v, double angle) { return std::cos(angle) * v + std::sin(angle) * Quarter(v); }

Vector FromBox2D(const b2Vec2& v) { return {v.x, v.y}; }
b2Vec2 ToBox2D(Vector v) { return {static_cast<float>(v.real()), static_cast<float>(v.imag())}; }

}  // namespace

void LanderFlight::Build(b2Body* lander, const std::array<Leg, 2>& legs) {
  lander_ = lander;
  legs_ = legs;
  const b2Vec2 center = lander->GetLocalCenter();
  parts_[0].own_offset = FromBox2D(center);
  parts_[0].mass = lander->GetMass();
  // Box2D's is about the origin.
  parts_[0].inertia = lander->GetInertia() - lander->GetMass() * center.LengthSquared();
  for (size_t i = 0; i < legs.size(); ++i) {
    parts_[i + 1].own_offset = -legs[i].to_joint;
    parts_[i + 1].mass = legs[i].body->GetMass();
    parts_[i + 1].inertia = legs[i].body->GetInertia();
  }
  mass_ = parts_[0].mass + parts_[1].mass + parts_[2].mass;
}

void LanderFlight::Place() {
  for (Part& part : parts_) part.offset = Turned(part.own_offset, part.angle);
}

void LanderFlight::Take() {
  position_ = FromBox2D(lander_->GetPosition());
  const std::array<const b2Body*, 3> bodies = {lander_, legs_[0].body, legs_[1].body};
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].angle = bodies[i]->GetAngle();
    parts_[i].turning = bodies[i]->GetAngularVelocity();
    parts_[i].velocity = FromBox2D(bodies[i]->GetLinearVelocity());
  }
  Place();
  impulse_ = 0;
  angular_impulse_ = 0;
}

void LanderFlight::Give() const {
  const auto give = [](const Part& part, Vector position, b2Body* body) {
    body->SetTransform(ToBox2D(position), static_cast<float>(part.angle));
    body->SetLinearVelocity(ToBox2D(part.velocity));
    body->SetAngularVelocity(static_cast<float>(part.turning));
  };
  give(parts_[0], position_, lander_);
  for (size_t i = 0; i < legs_.size(); ++i) {
    give(parts_[i + 1], position_ + parts_[i + 1].offset, legs_[i].body);
  }
}

void LanderFlight::AddImpulse(Vector impulse, Vector at) {
  impulse_ += impulse;
  angular_impulse_ += Cross(at - position_, impulse);
}

double LanderFlight::LegSpeed(size_t i, double seconds) const {
  const Leg& leg = legs_[i];
  const double angle = parts_[i + 1].angle - parts_[0].angle - leg.reference;
  const double left = (leg.limit - angle) / seconds;
  return leg.speed > 0 ? std::clamp(left, 0.0, leg.speed) : std::clamp(left, leg.speed, 0.0);
}

void LanderFlight::Advance(double seconds, double gravity) {
  // The momenta after all that acts, the angular one about the lander's origin, less what the legs
  // have by turning as they are told.
  Vector momentum = impulse_;
  double angular = angular_impulse_;
  Vector first_moment;
  double inertia = 0;
  const std::array<double, 3> told = {0, LegSpeed(0, seconds), LegSpeed(1, seconds)};
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    const Vector own = part.mass * (part.velocity + Vector(0, gravity * seconds));
    const double moment = part.inertia + part.mass * std::norm(part.offset);
    momentum += own - told[i] * part.mass * Quarter(part.offset);
    angular += part.inertia * part.turning + Cross(part.offset, own) - told[i] * moment;
    first_moment += part.mass * part.offset;
    inertia += moment;
  }
  // What is left is that of one stiff body.
  const double turning = (angular - Cross(first_moment, momentum) / mass_) /
                         (inertia - std::norm(first_moment) / mass_);
  const Vector velocity = (momentum - turning * Quarter(first_moment)) / mass_;

  // The whole moves by its centre of mass.
  Vector moments = mass_ * position_ + first_moment;
  for (size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    part.turning = turning + told[i];
    part.velocity = velocity + part.turning * Quarter(part.offset);
    part.angle += part.turning * seconds;
    moments += part.mass * part.velocity * seconds;
  }
  Place();
  for (const Part& part : parts_) moments -= part.mass * part.offset;
  position_ = moments / mass_;
  impulse_ = 0;
  angular_impulse_ = 0;
}

}  // namespace nyala
