#include "actor/environments/mountain_car_continuous.h"

#include <algorithm>
#include <cmath>

#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr double kForce = 0.0015;
constexpr double kGoal = 0.45;
constexpr double kPrize = 100;
constexpr double kCost = 0.1;

class MountainCarContinuous : public Environment {
 public:
  MountainCarContinuous() {
    spec_.id = "MountainCarContinuous-v0";
    spec_.observation = {DType::kFloat32, {2}};
    spec_.action = {ActionSpec::Kind::kContinuous, 1, {-1}, {1}, {}};
    spec_.max_episode_steps = 999;
    spec_.solved_return = 90;
    spec_.description = "rock a car out of a valley with little force; Gymnasium's dynamics";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    state_ = {RandomSequence(seed).Uniform(-0.6, -0.4), 0};
    steps_ = 0;
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    double reward = 0;
    bool arrived = false;
    state_ = AdvanceMountainCarContinuous(state_, action.continuous()[0], &reward, &arrived);
    ++steps_;
    Observe(observation);
    return {static_cast<float>(reward), arrived, !arrived && steps_ >= spec_.max_episode_steps};
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    AppendValue(steps_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    MountainCarState saved;
    int64_t steps = 0;
    if (!reader.Read(&saved) || !reader.Read(&steps) || steps < 0 ||
        steps > spec_.max_episode_steps || !reader.at_end() || !std::isfinite(saved.position) ||
        !std::isfinite(saved.velocity)) {
      return absl::InvalidArgumentError("not a saved state of MountainCarContinuous");
    }
    state_ = saved;
    steps_ = steps;
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {380, 250}; }
  void Draw(Canvas& canvas) const override { DrawMountainCar(state_, kGoal, canvas); }

 private:
  void Observe(ObservationRef observation) const {
    observation.floats()[0] = static_cast<float>(state_.position);
    observation.floats()[1] = static_cast<float>(state_.velocity);
  }

  EnvSpec spec_;
  MountainCarState state_;
  int64_t steps_ = 0;
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
  return std::make_unique<MountainCarContinuous>();
}

}  // namespace nyala
