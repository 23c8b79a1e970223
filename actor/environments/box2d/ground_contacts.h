// GroundContacts: which parts of a robot touch the ground, of one trunk, that must not, and two
// feet.
//
// As Gymnasium keeps it: a foot is up as soon as one of its contacts ends, though another may last
// (a foot across the border of two stretches of ground). Used by the world it listens to, by its
// thread; it must outlive that world.
#pragma once

#include <box2d/box2d.h>

#include <array>

namespace nyala {

class GroundContacts : public b2ContactListener {
 public:
  // Forgets what was touched. The bodies are only compared with.
  void Watch(const b2Body* trunk, std::array<const b2Body*, 2> feet) {
    trunk_ = trunk;
    feet_ = feet;
    trunk_touched_ = false;
    feet_down_ = {};
  }
  bool trunk_touched() const { return trunk_touched_; }
  const std::array<bool, 2>& feet_down() const { return feet_down_; }

  void BeginContact(b2Contact* contact) override {
    trunk_touched_ = trunk_touched_ || IsOf(contact, trunk_);
    SetFeet(contact, true);
  }
  void EndContact(b2Contact* contact) override { SetFeet(contact, false); }

 private:
  static bool IsOf(b2Contact* contact, const b2Body* body) {
    return contact->GetFixtureA()->GetBody() == body || contact->GetFixtureB()->GetBody() == body;
  }
  void SetFeet(b2Contact* contact, bool down) {
    for (size_t i = 0; i < feet_.size(); ++i) {
      if (IsOf(contact, feet_[i])) feet_down_[i] = down;
    }
  }

  const b2Body* trunk_ = nullptr;
  std::array<const b2Body*, 2> feet_ = {};
  bool trunk_touched_ = false;
  std::array<bool, 2> feet_down_ = {};
};

}  // namespace nyala
