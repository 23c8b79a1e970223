#include "actor/environments/classic/acrobot.h"

#include <algorithm>
#include <cmath>

#include "actor/environments/classic/classic_control.h"
#include "actor/shapes.h"

namespace nyala {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kGravity = 9.8;
constexpr double kMass = 1.0;    // of each link
constexpr double kLength = 1.0;  // of the first link
constexpr double kCentre = 0.5;  // of mass, along each link
constexpr double kInertia = 1.0;
constexpr double kSeconds = 0.2;
constexpr double kMaxSpeed1 = 4 * kPi;
constexpr double kMaxSpeed2 = 9 * kPi;
constexpr double kStart = 0.1;

struct Acrobot {
  using State = AcrobotState;

  static State Start(RandomSequence& random) {
    State state;
    for (double& value : state) value = static_cast<float>(random.Uniform(-kStart, kStart));
    return state;
  }

  static StepResult Play(ActionRef action, State* state) {
    *state = AdvanceAcrobot(*state, action.discrete());
    const bool up = AcrobotIsUp(*state);
    return {up ? 0.0f : -1.0f, up};
  }

  static void Observe(const State& state, float* out) {
    out[0] = static_cast<float>(std::cos(state[0]));
    out[1] = static_cast<float>(std::sin(state[0]));
    out[2] = static_cast<float>(std::cos(state[1]));
    out[3] = static_cast<float>(std::sin(state[1]));
    out[4] = static_cast<float>(state[2]);
    out[5] = static_cast<float>(state[3]);
  }

  // False for NaN.
  static bool Possible(const State& state) {
    return std::abs(state[0]) <= kPi && std::abs(state[1]) <= kPi &&
           std::abs(state[2]) <= kMaxSpeed1 && std::abs(state[3]) <= kMaxSpeed2;
  }

  static constexpr DrawingSize kDrawing{300, 300};

  static void Draw(const State& state, Canvas& canvas) {
    constexpr double kSide = 2.2;
    canvas.SetView(-kSide, -kSide, kSide, kSide);
    canvas.Clear({255, 255, 255});
    const double pixel = canvas.width() / 300.0;
    canvas.DrawLines({{-kSide, 1}, {kSide, 1}}, kGreen, 2 * pixel);
    const double bend = state[0] + state[1];
    const Point elbow{kLength * std::sin(state[0]), -kLength * std::cos(state[0])};
    const Point tip{elbow.x + std::sin(bend), elbow.y - std::cos(bend)};
    canvas.DrawLines({{0, 0}, elbow}, kInk, 12 * pixel);
    canvas.DrawLines({elbow, tip}, kBlue, 12 * pixel);
    for (const Point& joint : {Point{0, 0}, elbow}) canvas.FillCircle(joint, 0.1, kOrange);
  }
};

// The time derivative of the state: the book's equations (Sutton and Barto, "Acrobot"), with
// cos(x - pi/2) written as sin(x).
AcrobotState Slope(const AcrobotState& state, double torque) {
  const double speed1 = state[2], speed2 = state[3];
  const double sine2 = std::sin(state[1]), cosine2 = std::cos(state[1]);
  const double arm = kMass * kLength * kCentre;
  const double d1 = kMass * kCentre * kCentre + kMass * (kLength * kLength + kCentre * kCentre) +
                    2 * arm * cosine2 + 2 * kInertia;
  const double d2 = kMass * kCentre * kCentre + arm * cosine2 + kInertia;
  const double phi2 = kMass * kCentre * kGravity * std::sin(state[0] + state[1]);
  const double phi1 = -arm * sine2 * speed2 * (speed2 + 2 * speed1) +
                      kMass * (kCentre + kLength) * kGravity * std::sin(state[0]) + phi2;
  const double acceleration2 = (torque + d2 / d1 * phi1 - arm * speed1 * speed1 * sine2 - phi2) /
                               (kMass * kCentre * kCentre + kInertia - d2 * d2 / d1);
  return {speed1, speed2, -(d2 * acceleration2 + phi1) / d1, acceleration2};
}

AcrobotState Moved(const AcrobotState& state, const AcrobotState& slope, double seconds) {
  AcrobotState moved;
  for (size_t i = 0; i < state.size(); ++i) moved[i] = state[i] + seconds * slope[i];
  return moved;
}

// Into [-pi, pi]. Speeds are bounded: a few turns at most.
double Wrapped(double angle) {
  while (angle > kPi) angle -= 2 * kPi;
  while (angle < -kPi) angle += 2 * kPi;
  return angle;
}

}  // namespace

AcrobotState AdvanceAcrobot(const AcrobotState& state, int action) {
  const double torque = action - 1;
  const AcrobotState k1 = Slope(state, torque);
  const AcrobotState k2 = Slope(Moved(state, k1, kSeconds / 2), torque);
  const AcrobotState k3 = Slope(Moved(state, k2, kSeconds / 2), torque);
  const AcrobotState k4 = Slope(Moved(state, k3, kSeconds), torque);
  AcrobotState mean;
  for (size_t i = 0; i < mean.size(); ++i) mean[i] = (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]) / 6;
  const AcrobotState next = Moved(state, mean, kSeconds);
  return {Wrapped(next[0]), Wrapped(next[1]), std::clamp(next[2], -kMaxSpeed1, kMaxSpeed1),
          std::clamp(next[3], -kMaxSpeed2, kMaxSpeed2)};
}

bool AcrobotIsUp(const AcrobotState& state) {
  return -std::cos(state[0]) - std::cos(state[0] + state[1]) > 1.0;
}

std::unique_ptr<Environment> MakeAcrobot() {
  EnvSpec spec;
  spec.id = "Acrobot-v1";
  spec.observation = {DType::kFloat32, {6}};
  spec.action.n = 3;
  spec.max_episode_steps = 500;
  spec.solved_return = -100;
  spec.description = "swing a two-link pendulum up within 500 frames; Gymnasium's dynamics";
  return std::make_unique<ClassicControl<Acrobot>>(spec);
}

}  // namespace nyala
