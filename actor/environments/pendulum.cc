#include "actor/environments/pendulum.h"

#include <algorithm>
#include <cmath>

#include "actor/environments/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

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

class Pendulum : public Environment {
 public:
  Pendulum() {
    spec_.id = "Pendulum-v1";
    spec_.observation = {DType::kFloat32, {3}};
    spec_.action = {ActionSpec::Kind::kContinuous, 1, {-kMaxTorque}, {kMaxTorque}, {}};
    spec_.max_episode_steps = 200;
    spec_.description = "swing a pendulum up and hold it, 200 frames; Gymnasium's dynamics";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    RandomSequence random(seed);
    state_.theta = random.Uniform(-kPi, kPi);
    state_.theta_dot = random.Uniform(-kStartSpeed, kStartSpeed);
    steps_ = 0;
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    double reward = 0;
    state_ = AdvancePendulum(state_, action.continuous()[0], &reward);
    ++steps_;
    Observe(observation);
    return {static_cast<float>(reward), false, steps_ >= spec_.max_episode_steps};
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    AppendValue(steps_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    PendulumState saved;
    int64_t steps = 0;
    if (!reader.Read(&saved) || !reader.Read(&steps) || steps < 0 ||
        steps > spec_.max_episode_steps || !reader.at_end() || !std::isfinite(saved.theta) ||
        !(std::abs(saved.theta_dot) <= kMaxSpeed)) {
      return absl::InvalidArgumentError("not a saved state of Pendulum");
    }
    state_ = saved;
    steps_ = steps;
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {240, 240}; }

  void Draw(Canvas& canvas) const override {
    constexpr double kSide = 1.25;
    canvas.SetView(-kSide, -kSide, kSide, kSide);
    canvas.Clear({255, 255, 255});
    const double pixel = canvas.width() / 240.0;
    canvas.DrawLines({{0, 0}, {0, kLength}}, kFaint, 2 * pixel);
    canvas.DrawLines(
        {{0, 0}, {-kLength * std::sin(state_.theta), kLength * std::cos(state_.theta)}}, kOrange,
        16 * pixel);
    canvas.FillCircle({0, 0}, 0.05, kInk);
  }

 private:
  void Observe(ObservationRef observation) const {
    float* out = observation.floats();
    out[0] = static_cast<float>(std::cos(state_.theta));
    out[1] = static_cast<float>(std::sin(state_.theta));
    out[2] = static_cast<float>(state_.theta_dot);
  }

  EnvSpec spec_;
  PendulumState state_;
  int64_t steps_ = 0;
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

std::unique_ptr<Environment> MakePendulum() { return std::make_unique<Pendulum>(); }

}  // namespace nyala
