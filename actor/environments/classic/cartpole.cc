#include "actor/environments/classic/cartpole.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "actor/environments/classic/classic_control.h"
#include "actor/shapes.h"

namespace nyala {
namespace {

constexpr double kGravity = 9.8;
constexpr double kCartMass = 1.0;
constexpr double kPoleMass = 0.1;
constexpr double kTotalMass = kCartMass + kPoleMass;
constexpr double kHalfLength = 0.5;
constexpr double kPoleMoment = kPoleMass * kHalfLength;
constexpr double kForce = 10.0;
constexpr double kSeconds = 0.02;
constexpr double kMaxX = 2.4;
constexpr double kMaxTheta = 12.0 * 2.0 * 3.14159265358979323846 / 360.0;
constexpr double kStart = 0.05;

struct CartPole {
  using State = CartPoleState;

  static State Start(RandomSequence& random) {
    State state;
    state.x = random.Uniform(-kStart, kStart);
    state.x_dot = random.Uniform(-kStart, kStart);
    state.theta = random.Uniform(-kStart, kStart);
    state.theta_dot = random.Uniform(-kStart, kStart);
    return state;
  }

  static StepResult Play(ActionRef action, State* state) {
    *state = AdvanceCartPole(*state, action.discrete());
    return {1.0f, CartPoleFailed(*state)};
  }

  static void Observe(const State& state, float* out) {
    out[0] = static_cast<float>(state.x);
    out[1] = static_cast<float>(state.x_dot);
    out[2] = static_cast<float>(state.theta);
    out[3] = static_cast<float>(state.theta_dot);
  }

  static bool Possible(const State& state) {
    return std::isfinite(state.x) && std::isfinite(state.x_dot) && std::isfinite(state.theta) &&
           std::isfinite(state.theta_dot);
  }

  static constexpr DrawingSize kDrawing{520, 230};

  static void Draw(const State& state, Canvas& canvas) {
    constexpr double kSide = 2.6;
    canvas.SetView(-kSide, -0.6, kSide, 1.7);
    canvas.Clear({255, 255, 255});
    const double pixel = canvas.width() / 520.0;
    canvas.DrawLines({{-kSide, -0.2}, {kSide, -0.2}}, kFaint, 2 * pixel);
    for (const double end : {-kMaxX, kMaxX}) {
      canvas.DrawLines({{end, -0.35}, {end, -0.05}}, kRed, 2 * pixel);
    }
    const Point axle{state.x, 0};
    canvas.FillPolygon(Rectangle({state.x, -0.1}, 0.25, 0.1), kInk);
    canvas.DrawLines({axle,
                      {axle.x + 2 * kHalfLength * std::sin(state.theta),
                       2 * kHalfLength * std::cos(state.theta)}},
                     kOrange, 9 * pixel);
    canvas.FillCircle(axle, 0.05, kBlue);
  }
};

}  // namespace

CartPoleState AdvanceCartPole(const CartPoleState& state, int action) {
  const double force = action == 1 ? kForce : -kForce;
  const double cosine = std::cos(state.theta);
  const double sine = std::sin(state.theta);
  const double push = (force + kPoleMoment * state.theta_dot * state.theta_dot * sine) / kTotalMass;
  const double theta_acceleration =
      (kGravity * sine - cosine * push) /
      (kHalfLength * (4.0 / 3.0 - kPoleMass * cosine * cosine / kTotalMass));
  const double x_acceleration = push - kPoleMoment * theta_acceleration * cosine / kTotalMass;
  return {state.x + kSeconds * state.x_dot, state.x_dot + kSeconds * x_acceleration,
          state.theta + kSeconds * state.theta_dot,
          state.theta_dot + kSeconds * theta_acceleration};
}

bool CartPoleFailed(const CartPoleState& state) {
  return state.x < -kMaxX || state.x > kMaxX || state.theta < -kMaxTheta || state.theta > kMaxTheta;
}

std::unique_ptr<Environment> MakeCartPole(const std::string& id, int64_t max_episode_steps,
                                          double solved_return) {
  EnvSpec spec;
  spec.id = id;
  spec.observation = {DType::kFloat32, {4}};
  spec.action.n = 2;
  spec.max_episode_steps = max_episode_steps;
  spec.solved_return = solved_return;
  spec.description = absl::StrFormat(
      "balance a pole on a cart for up to %d frames; Gymnasium's dynamics", max_episode_steps);
  return std::make_unique<ClassicControl<CartPole>>(spec);
}

}  // namespace nyala
