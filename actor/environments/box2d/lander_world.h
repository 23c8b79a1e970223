// LanderWorld: the moon, the lander and its engines, as bodies of a Box2D world.
//
// All that is random is handed in, so a world is a function of its arguments and can be laid beside
// Gymnasium's on the same draws. Geometry, masses, joints, engines and wind are those of
// Gymnasium's lunar_lander.py; units are Box2D's (30 pixels of its picture are 1).
// Far from the ground frames are computed by lander_flight.h, all others by Box2D, with as many
// iterations as in Gymnasium.
// One thread at a time. Box2D keeps its own pools: they may grow by a block at the first contacts.
#pragma once

#include <box2d/box2d.h>

#include <array>
#include <cstdint>
#include <optional>

#include "actor/canvas.h"
#include "actor/environments/box2d/ground_contacts.h"
#include "actor/environments/box2d/lander_flight.h"

namespace nyala {

struct LanderOptions {
  bool continuous = false;
  double gravity = -10;
  bool enable_wind = false;
  double wind_power = 15;
  double turbulence_power = 1.5;
};

// What an episode starts with.
struct LanderStart {
  // Heights of the ground before it is smoothed, each in [0, LanderWorld::kHeight / 2]; those
  // around the landing pad are not used.
  std::array<double, 12> heights = {};
  // Acts on the lander in the first frame.
  double force_x = 0, force_y = 0;
  // Where on their curves wind and turbulence start.
  int64_t wind = 0, turbulence = 0;
};

struct LanderThrust {
  // 0, or 0.5 to 1.
  double main = 0;
  // 0, or 0.5 to 1, of the left (-1) or the right (1) engine.
  double side = 0;
  double direction = 0;
  // Where exactly the engines push, two draws from [-1, 1].
  std::array<double, 2> dispersion = {};
};

class LanderWorld {
 public:
  static constexpr double kWidth = 20.0, kHeight = 400.0 / 30.0;

  explicit LanderWorld(const LanderOptions& options) : options_(options) {}

  void Build(const LanderStart& start);
  // A frame of 1/50 s. Build comes first, as for all below.
  void Step(const LanderThrust& thrust);

  // Position (0: on the pad), velocity, angle, turning, legs on the ground, in Gymnasium's units.
  std::array<double, 8> State() const;
  // Whether the lander's body touched the ground.
  bool crashed() const { return contacts_.trunk_touched(); }
  bool awake() const { return flying_ || lander_->IsAwake(); }
  // `thrust` is what the engines are seen to do.
  void Draw(const LanderThrust& thrust, Canvas& canvas) const;

 private:
  void BuildGround(const std::array<double, 12>& heights);
  void BuildLander();
  void BuildLegs();
  LanderFlight::Leg BuildLeg(int side);
  // Whether Box2D and the ground are not needed for this frame.
  bool FarFromGround() const;
  void Blow();
  void Push(const LanderThrust& thrust);
  void AddImpulse(LanderFlight::Vector impulse, LanderFlight::Vector at);

  const LanderOptions options_;
  GroundContacts contacts_;
  std::optional<b2World> world_;
  std::array<double, 11> ground_ = {};
  b2Body* lander_ = nullptr;
  std::array<b2Body*, 2> legs_ = {};
  int64_t wind_ = 0, turbulence_ = 0;
  int64_t frames_ = 0;
  // While flying, the bodies stay behind.
  LanderFlight flight_;
  bool flying_ = false;
};

}  // namespace nyala
