#include "actor/environments/box2d/bipedal_walker.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/random.h"

namespace nyala {
namespace {

constexpr double kStartForce = 5;
constexpr double kTorqueCost = 0.00035 * 80;
constexpr double kFallen = -100;
// The far end.
constexpr double kGoal = (kTerrainPoints - 10) * kTerrainStep;

class BipedalWalker : public Environment {
 public:
  BipedalWalker(const std::string& id, bool hardcore) : hardcore_(hardcore) {
    spec_.id = id;
    spec_.observation = {DType::kFloat32, {WalkerWorld::kObservations}};
    spec_.action = {ActionSpec::Kind::kContinuous,
                    WalkerWorld::kActions,
                    std::vector<float>(WalkerWorld::kActions, -1),
                    std::vector<float>(WalkerWorld::kActions, 1),
                    {}};
    spec_.max_episode_steps = hardcore ? 2000 : 1600;
    spec_.solved_return = 300;
    spec_.description = hardcore
                            ? "walk over stumps, pits and stairs; Gymnasium's physics on Box2D 2.4"
                            : "walk on two legs; Gymnasium's physics on Box2D 2.4";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    RandomSequence random(seed);
    WalkerStart start;
    start.terrain = DrawWalkerTerrain(hardcore_, random);
    start.force = random.Uniform(-kStartForce, kStartForce);
    world_.Build(std::move(start));
    steps_ = 0;
    // As in Gymnasium, a frame passes before the first observation.
    Advance({}, observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const double shaping_before = shaping_;
    std::array<double, WalkerWorld::kActions> torques = {};
    double cost = 0;
    for (size_t i = 0; i < torques.size(); ++i) {
      torques[i] = std::clamp<double>(action.continuous()[i], -1, 1);
      cost += kTorqueCost * std::abs(torques[i]);
    }
    Advance(torques, observation);
    const bool fallen = world_.fallen() || world_.x() < 0;
    const bool terminated = fallen || world_.x() > kGoal;
    const double reward = fallen ? kFallen : shaping_ - shaping_before - cost;
    ++steps_;
    return {static_cast<float>(reward), terminated,
            !terminated && steps_ >= spec_.max_episode_steps};
  }

  DrawingSize drawing_size() const override { return {600, 400}; }
  void Draw(Canvas& canvas) const override { world_.Draw(canvas); }

 private:
  void Advance(const std::array<double, WalkerWorld::kActions>& torques,
               ObservationRef observation) {
    world_.Step(torques);
    const std::array<double, WalkerWorld::kObservations> state = world_.State();
    std::copy(state.begin(), state.end(), observation.floats());
    shaping_ = WalkerShaping(world_.x(), state[0]);
  }

  const bool hardcore_;
  EnvSpec spec_;
  WalkerWorld world_;
  double shaping_ = 0;
  int64_t steps_ = 0;
};

}  // namespace

double WalkerShaping(double x, double angle) { return 130 * x / 30 - 5 * std::abs(angle); }

std::unique_ptr<Environment> MakeBipedalWalker(const std::string& id, bool hardcore) {
  return std::make_unique<BipedalWalker>(id, hardcore);
}

}  // namespace nyala
