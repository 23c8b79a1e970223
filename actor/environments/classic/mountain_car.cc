#include "actor/environments/classic/mountain_car.h"

#include <algorithm>
#include <cmath>

#include "actor/environments/classic/classic_control.h"
#include "actor/shapes.h"

namespace nyala {
namespace {

constexpr double kGravity = 0.0025;
constexpr double kForce = 0.001;
constexpr double kMaxSpeed = 0.07;
constexpr double kLeftWall = -1.2;
constexpr double kRightEnd = 0.6;
constexpr double kGoal = 0.5;

struct MountainCar : MountainCarTask {
  static StepResult Play(ActionRef action, State* state) {
    *state = AdvanceMountainCar(*state, action.discrete());
    return {-1.0f, MountainCarArrived(*state)};
  }
  static void Draw(const State& state, Canvas& canvas) { DrawMountainCar(state, kGoal, canvas); }
};

}  // namespace

MountainCarState MountainCarTask::Start(RandomSequence& random) {
  return {random.Uniform(-0.6, -0.4), 0};
}

void MountainCarTask::Observe(const State& state, float* out) {
  out[0] = static_cast<float>(state.position);
  out[1] = static_cast<float>(state.velocity);
}

bool MountainCarTask::Possible(const State& state) {
  return std::isfinite(state.position) && std::isfinite(state.velocity);
}

MountainCarState RollMountainCar(const MountainCarState& state, double push) {
  const double pull = kGravity * std::cos(3 * state.position);
  MountainCarState next;
  next.velocity = std::clamp(state.velocity + (push - pull), -kMaxSpeed, kMaxSpeed);
  next.position = std::clamp(state.position + next.velocity, kLeftWall, kRightEnd);
  if (next.position == kLeftWall && next.velocity < 0) next.velocity = 0;
  return next;
}

MountainCarState AdvanceMountainCar(const MountainCarState& state, int action) {
  return RollMountainCar(state, (action - 1) * kForce);
}

bool MountainCarArrived(const MountainCarState& state) {
  return state.position >= kGoal && state.velocity >= 0;
}

namespace {

// Where the car's position is in the picture.
Point OnTheHill(double position) { return {position, 0.45 * std::sin(3 * position) + 0.55}; }

}  // namespace

void DrawMountainCar(const MountainCarState& state, double goal, Canvas& canvas) {
  canvas.SetView(-1.25, 0, 0.65, 1.25);
  canvas.Clear({255, 255, 255});
  const double pixel = canvas.width() / 380.0;
  std::vector<Point> hill = {{-1.25, 0}};
  for (double x = -1.25; x < 0.66; x += 0.01) hill.push_back(OnTheHill(x));
  hill.push_back({0.66, 0});
  canvas.FillPolygon(hill, kFaint);
  const Point foot = OnTheHill(goal);
  canvas.DrawLines({foot, {foot.x, foot.y + 0.2}}, kInk, 2 * pixel);
  canvas.FillPolygon(
      {{foot.x, foot.y + 0.2}, {foot.x, foot.y + 0.12}, {foot.x + 0.1, foot.y + 0.16}}, kGreen);
  const double angle = std::atan(1.35 * std::cos(3 * state.position));
  const Point at = OnTheHill(state.position);
  // Along the slope, and away from it.
  const auto beside = [&](double along, double above) {
    return Point{at.x + along * std::cos(angle) - above * std::sin(angle),
                 at.y + along * std::sin(angle) + above * std::cos(angle)};
  };
  canvas.FillPolygon(Rectangle(beside(0, 0.07), 0.1, 0.035, angle), kBlue);
  for (const double along : {-0.06, 0.06}) canvas.FillCircle(beside(along, 0.03), 0.03, kInk);
}

std::unique_ptr<Environment> MakeMountainCar() {
  EnvSpec spec;
  spec.id = "MountainCar-v0";
  spec.observation = {DType::kFloat32, {2}};
  spec.action.n = 3;
  spec.max_episode_steps = 200;
  spec.solved_return = -110;
  spec.description = "rock a car out of a valley within 200 frames; Gymnasium's dynamics";
  return std::make_unique<ClassicControl<MountainCar>>(spec);
}

}  // namespace nyala
