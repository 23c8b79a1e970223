// MountainCar: drive an underpowered car out of a valley by rocking it to and fro.
//
// Dynamics, limits and rewards are those of Gymnasium's MountainCar-v0 (Moore, 1990): actions 0
// left, 1 coast, 2 right; -1 for every frame, the last one included; terminated at a position of
// 0.5 or more, truncated after 200 frames. Positions lie within [-1.2, 0.6], speeds within
// +-0.07; the left wall stops the car. Starts at rest within [-0.6, -0.4]. Observation: position,
// velocity as float32[2]; the state is double.
#pragma once

#include <memory>

#include "actor/environment.h"
#include "common/base/random.h"

namespace nyala {

struct MountainCarState {
  double position = 0;
  double velocity = 0;
};

// What both tasks share, as classic_control.h asks for it.
struct MountainCarTask {
  using State = MountainCarState;
  static State Start(RandomSequence& random);
  static void Observe(const State& state, float* out);
  static bool Possible(const State& state);
  static constexpr DrawingSize kDrawing{380, 250};
};

// What the valley and its walls make of a car that is pushed: `push` is added to the velocity.
MountainCarState RollMountainCar(const MountainCarState& state, double push);

// One frame of MountainCar-v0.
MountainCarState AdvanceMountainCar(const MountainCarState& state, int action);
// Whether MountainCar-v0 ends there.
bool MountainCarArrived(const MountainCarState& state);

// The car on its hill, with a flag at `goal`.
void DrawMountainCar(const MountainCarState& state, double goal, Canvas& canvas);

std::unique_ptr<Environment> MakeMountainCar();

}  // namespace nyala
