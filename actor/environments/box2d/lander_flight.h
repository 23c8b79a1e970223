// LanderFlight: the lander in free flight, in closed form.
//
// In the air nothing acts on lander and legs but gravity, wind and engines, and the joints move as
// they are told: the legs' motors, which are far stronger than what their weight asks for, turn
// them at their speed up to their limit and hold them there. The momentum of the whole then says
// all. This is what Box2D's 180 iterations a frame converge to, at a fortieth of the cost;
// lunar_lander.h says how far apart the two are.
// Values; one thread at a time.
#pragma once

#include <box2d/box2d.h>

#include <array>
#include <complex>

namespace nyala {

class LanderFlight {
 public:
  using Vector = std::complex<double>;

  // A leg's joint turns at `speed` towards `limit`.
  struct Leg {
    b2Body* body = nullptr;
    // From the leg's middle to the joint, which is at the lander's origin.
    Vector to_joint;
    double speed = 0, limit = 0;
    // The leg's angle less the lander's where the joint's angle is 0.
    double reference = 0;
  };

  // Masses and inertias are those of the bodies, which it does not own.
  void Build(b2Body* lander, const std::array<Leg, 2>& legs);

  // Starts from where the bodies are.
  void Take();
  // Moves the bodies to where it is.
  void Give() const;

  // What acts until the next Advance; `at` in the world's coordinates.
  void AddImpulse(Vector impulse, Vector at);
  void AddAngularImpulse(double impulse) { angular_impulse_ += impulse; }
  // A frame of `seconds`.
  void Advance(double seconds, double gravity);

  // Where the lander's origin is; its centre of mass; the velocity of that; its angle and turning.
  Vector position() const { return position_; }
  Vector center() const { return position_ + parts_[0].offset; }
  Vector velocity() const { return parts_[0].velocity; }
  double angle() const { return parts_[0].angle; }
  double turning() const { return parts_[0].turning; }

 private:
  // The lander, then its legs.
  struct Part {
    double mass = 0, inertia = 0;
    double angle = 0, turning = 0;
    // Velocity of its centre of mass.
    Vector velocity;
    // From the lander's origin to the part's centre of mass: of the part, and turned by its angle.
    Vector own_offset, offset;
  };

  // What the joint of leg i turns at in this frame.
  double LegSpeed(size_t i, double seconds) const;
  void Place();

  b2Body* lander_ = nullptr;
  std::array<Leg, 2> legs_;
  std::array<Part, 3> parts_;
  double mass_ = 0;
  Vector position_;
  // Since the last frame; the angular one about the lander's origin.
  Vector impulse_;
  double angular_impulse_ = 0;
};

}  // namespace nyala
