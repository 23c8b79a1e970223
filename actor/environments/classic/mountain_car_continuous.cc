#include "actor/environments/classic/mountain_car_continuous.h"

#include <algorithm>

#include "actor/environments/classic/classic_control.h"

namespace nyala {
namespace {

constexpr double kForce = 0.0015;
constexpr double kGoal = 0.45;
constexpr double kPrize = 100;
constexpr double kCost = 0.1;

struct MountainCarContinuous : MountainCarTask {
  static StepResult Play(ActionRef action, State* state) {
    double reward = 0;
    bool arrived = false;
    *state = AdvanceMountainCarContinuous(*state, action.continuous()[0], &reward, &arrived);
    return {static_cast<float>(reward), arrived};
  }
  static void Draw(const State& state, Canvas& canvas) { DrawMountainCar(state, kGoal, canvas); }
};

}  // namespace

MountainCarState AdvanceMountainCarContinuous(const MountainCarState& state, double action,
                                              double* reward, bool* arrived) {
  const MountainCarState next = RollMountainCar(state, std::clamp(action, -1.0, 1.0) * kForce);
  *arrived = next.position >= kGoal && next.velocity >= 0;
  *reward = (*arrived ? kPrize : 0) - kCost * action * action;
  return {static_cast<float>(next.position), static_cast<float>(next.velocity)};
}

std::unique_ptr<Environment> MakeMountainCarContinuous() {
  EnvSpec spec;
  spec.id = "MountainCarContinuous-v0";
  spec.observation = {DType::kFloat32, {2}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, {-1}, {1}, {}};
  spec.max_episode_steps = 999;
  spec.solved_return = 90;
  spec.description = "rock a car out of a valley with little force; Gymnasium's dynamics";
  return std::make_unique<ClassicControl<MountainCarContinuous>>(spec);
}

}  // namespace nyala
