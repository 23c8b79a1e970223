#include "actor/environments/cartpole.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "actor/environments/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

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

class CartPole : public Environment {
 public:
  CartPole(const std::string& id, int64_t max_episode_steps, double solved_return) {
    spec_.id = id;
    spec_.observation = {DType::kFloat32, {4}};
    spec_.action.n = 2;
    spec_.max_episode_steps = max_episode_steps;
    spec_.solved_return = solved_return;
    spec_.description = absl::StrFormat(
        "balance a pole on a cart for up to %d frames; Gymnasium's dynamics", max_episode_steps);
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    RandomSequence random(seed);
    state_.x = random.Uniform(-kStart, kStart);
    state_.x_dot = random.Uniform(-kStart, kStart);
    state_.theta = random.Uniform(-kStart, kStart);
    state_.theta_dot = random.Uniform(-kStart, kStart);
    steps_ = 0;
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    state_ = AdvanceCartPole(state_, action.discrete());
    ++steps_;
    Observe(observation);
    StepResult result;
    result.reward = 1.0f;
    result.terminated = CartPoleFailed(state_);
    result.truncated = !result.terminated && steps_ >= spec_.max_episode_steps;
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    AppendValue(steps_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    if (!reader.Read(&state_) || !reader.Read(&steps_) || !reader.at_end()) {
      return absl::InvalidArgumentError("not a saved state of CartPole");
    }
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {520, 230}; }

  void Draw(Canvas& canvas) const override {
    constexpr double kSide = 2.6;
    canvas.SetView(-kSide, -0.6, kSide, 1.7);
    canvas.Clear({255, 255, 255});
    const double pixel = canvas.width() / 520.0;
    canvas.DrawLines({{-kSide, -0.2}, {kSide, -0.2}}, kFaint, 2 * pixel);
    for (const double end : {-kMaxX, kMaxX}) {
      canvas.DrawLines({{end, -0.35}, {end, -0.05}}, kRed, 2 * pixel);
    }
    const Point axle{state_.x, 0};
    canvas.FillPolygon(Rectangle({state_.x, -0.1}, 0.25, 0.1), kInk);
    canvas.DrawLines({axle,
                      {axle.x + 2 * kHalfLength * std::sin(state_.theta),
                       2 * kHalfLength * std::cos(state_.theta)}},
                     kOrange, 9 * pixel);
    canvas.FillCircle(axle, 0.05, kBlue);
  }

 private:
  void Observe(ObservationRef observation) const {
    float* out = observation.floats();
    out[0] = static_cast<float>(state_.x);
    out[1] = static_cast<float>(state_.x_dot);
    out[2] = static_cast<float>(state_.theta);
    out[3] = static_cast<float>(state_.theta_dot);
  }

  EnvSpec spec_;
  CartPoleState state_;
  int64_t steps_ = 0;
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
  return std::make_unique<CartPole>(id, max_episode_steps, solved_return);
}

}  // namespace nyala
