#include "actor/environments/classic/pendulum.h"

#include <algorithm>
#include <cmath>

#include "actor/environments/classic/classic_control.h"
#include "actor/shapes.h"

namespace nyala {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kGravity = 10.0;
constexpr double kMass = 1.0;
constexpr double kLength = 1.0;
constexpr double kSeconds = 0.05;
constexpr double kMaxTorque = 2.0;
constexpr double kMaxSpeed = 8.0;
constexpr double kStartSpeed = 1.0;

struct Pendulum {
  using State = PendulumState;

  static State Start(RandomSequence& random) {
    State state;
    state.theta = random.Uniform(-kPi, kPi);
    state.theta_dot = random.Uniform(-kStartSpeed, kStartSpeed);
    return state;
  }

  static StepResult Play(ActionRef action, State* state) {
    double reward = 0;
    *state = AdvancePendulum(*state, action.continuous()[0], &reward);
    return {static_cast<float>(reward)};
  }

  static void Observe(const State& state, float* out) {
    out[0] = static_cast<float>(std::cos(state.theta));
    out[1] = static_cast<float>(std::sin(state.theta));
    out[2] = static_cast<float>(state.theta_dot);
  }

  static bool Possible(const State& state) {
    return std::isfinite(state.theta) && std::abs(state.theta_dot) <= kMaxSpeed;
  }

  static constexpr DrawingSize kDrawing{240, 240};

  static void Draw(const State& state, Canvas& canvas) {
    constexpr double kSide = 1.25;
    canvas.SetView(-kSide, -kSide, kSide, kSide);
    canvas.Clear({255, 255, 255});
    const double pixel = canvas.width() / 240.0;
    canvas.DrawLines({{0, 0}, {0, kLength}}, kFaint, 2 * pixel);
    canvas.DrawLines({{0, 0}, {-kLength * std::sin(state.theta), kLength * std::cos(state.theta)}},
                     kOrange, 16 * pixel);
    canvas.FillCircle({0, 0}, 0.05, kInk);
  }
};

// Into [-pi, pi).
double Wrapped(double angle) { return angle - 2 * kPi * std::floor((angle + kPi) / (2 * kPi)); }

}  // namespace

PendulumState AdvancePendulum(const PendulumState& state, double torque, double* reward) {
  const double applied = std::clamp(torque, -kMaxTorque, kMaxTorque);
  const double error = Wrapped(state.theta);
  *reward = -(error * error + 0.1 * state.theta_dot * state.theta_dot + 0.001 * applied * applied);
  const double acceleration = 3 * kGravity / (2 * kLength) * std::sin(state.theta) +
                              3 / (kMass * kLength * kLength) * applied;
  PendulumState next;
  next.theta_dot = std::clamp(state.theta_dot + acceleration * kSeconds, -kMaxSpeed, kMaxSpeed);
  next.theta = state.theta + next.theta_dot * kSeconds;
  return next;
}

std::unique_ptr<Environment> MakePendulum() {
  EnvSpec spec;
  spec.id = "Pendulum-v1";
  spec.observation = {DType::kFloat32, {3}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, {-kMaxTorque}, {kMaxTorque}, {}};
  spec.max_episode_steps = 200;
  spec.description = "swing a pendulum up and hold it, 200 frames; Gymnasium's dynamics";
  return std::make_unique<ClassicControl<Pendulum>>(spec);
}

}  // namespace nyala
