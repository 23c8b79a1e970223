#include "actor/environments/box2d/lunar_lander.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr double kStartForce = 1000;
constexpr int64_t kWindPlaces = 9999;
constexpr double kMainCost = 0.30, kSideCost = 0.03;
constexpr double kCrashed = -100, kLanded = 100;

class LunarLander : public Environment {
 public:
  LunarLander(const std::string& id, const LanderOptions& options)
      : options_(options), world_(options) {
    spec_.id = id;
    spec_.observation = {DType::kFloat32, {8}};
    if (options.continuous) {
      spec_.action = {ActionSpec::Kind::kContinuous, 2, {-1, -1}, {1, 1}, {}};
    } else {
      spec_.action.n = 4;
    }
    spec_.max_episode_steps = 1000;
    spec_.solved_return = 200;
    spec_.description = "land between two flags; Gymnasium's physics on Box2D 2.4";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    random_ = RandomSequence(seed);
    world_.Build(DrawStart());
    steps_ = 0;
    // As in Gymnasium, a frame passes before the first observation.
    Advance(LanderThrust(), observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const double shaping_before = shaping_;
    Advance(options_.continuous ? ContinuousThrust(action.continuous())
                                : DiscreteThrust(action.discrete()),
            observation);
    double reward = shaping_ - shaping_before - kMainCost * thrust_.main - kSideCost * thrust_.side;
    const bool crashed = world_.crashed() || std::abs(world_.State()[0]) >= 1;
    const bool landed = !world_.awake();
    if (crashed) reward = kCrashed;
    if (landed) reward = kLanded;
    ++steps_;
    const bool terminated = crashed || landed;
    return {static_cast<float>(reward), terminated,
            !terminated && steps_ >= spec_.max_episode_steps};
  }

  DrawingSize drawing_size() const override { return {600, 400}; }
  void Draw(Canvas& canvas) const override { world_.Draw(thrust_, canvas); }

 private:
  LanderStart DrawStart() {
    LanderStart start;
    for (double& height : start.heights) height = random_.Uniform(0, LanderWorld::kHeight / 2);
    start.force_x = random_.Uniform(-kStartForce, kStartForce);
    start.force_y = random_.Uniform(-kStartForce, kStartForce);
    start.wind = static_cast<int64_t>(random_.Below(2 * kWindPlaces)) - kWindPlaces;
    start.turbulence = static_cast<int64_t>(random_.Below(2 * kWindPlaces)) - kWindPlaces;
    return start;
  }

  void Advance(const LanderThrust& thrust, ObservationRef observation) {
    thrust_ = thrust;
    for (double& place : thrust_.dispersion) place = random_.Uniform(-1, 1);
    world_.Step(thrust_);
    const std::array<double, 8> state = world_.State();
    std::copy(state.begin(), state.end(), observation.floats());
    shaping_ = LanderShaping(state);
  }

  const LanderOptions options_;
  EnvSpec spec_;
  LanderWorld world_;
  RandomSequence random_;
  LanderThrust thrust_;
  double shaping_ = 0;
  int64_t steps_ = 0;
};

}  // namespace

LanderThrust DiscreteThrust(int32_t action) {
  LanderThrust thrust;
  if (action == 2) thrust.main = 1;
  if (action == 1 || action == 3) {
    thrust.side = 1;
    thrust.direction = action - 2;
  }
  return thrust;
}

LanderThrust ContinuousThrust(const float* action) {
  const double main = std::clamp<double>(action[0], -1, 1);
  const double side = std::clamp<double>(action[1], -1, 1);
  LanderThrust thrust;
  if (main > 0) thrust.main = (main + 1) / 2;
  if (std::abs(side) > 0.5) {
    thrust.side = std::abs(side);
    thrust.direction = side > 0 ? 1 : -1;
  }
  return thrust;
}

double LanderShaping(const std::array<double, 8>& state) {
  return -100 * std::sqrt(state[0] * state[0] + state[1] * state[1]) -
         100 * std::sqrt(state[2] * state[2] + state[3] * state[3]) - 100 * std::abs(state[4]) +
         10 * state[6] + 10 * state[7];
}

absl::StatusOr<std::unique_ptr<Environment>> MakeLunarLander(const EnvironmentId& id,
                                                             bool continuous) {
  LanderOptions options;
  options.continuous = continuous;
  NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"gravity", &options.gravity},
                                           {"enable_wind", &options.enable_wind},
                                           {"wind_power", &options.wind_power},
                                           {"turbulence_power", &options.turbulence_power}}));
  if (!(options.gravity > -12 && options.gravity < 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "environment '", id.text, "': gravity must lie between -12 and 0, both excluded"));
  }
  return std::make_unique<LunarLander>(id.text, options);
}

}  // namespace nyala
