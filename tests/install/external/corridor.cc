// A program of somebody else's: one environment, and Nyala's command line around it.
#include <cstdint>
#include <memory>

#include "actor/environment_registry.h"
#include "deploy/main.h"

namespace {

// Six cells in a row, from the left end to a reward of 1 at the right end.
class Corridor : public nyala::Environment {
 public:
  Corridor() {
    spec_.id = "Corridor-v0";
    spec_.observation = {nyala::DType::kFloat32, {1}};
    spec_.action.n = 2;
    spec_.max_episode_steps = kSteps;
    spec_.description = "walk to the right end of a corridor";
  }

  const nyala::EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t, nyala::ObservationRef observation) override {
    cell_ = steps_ = 0;
    Observe(observation);
  }

  nyala::StepResult Step(nyala::ActionRef action, nyala::ObservationRef observation) override {
    cell_ += action.discrete() == 1 ? 1 : -1;
    if (cell_ < 0) cell_ = 0;
    ++steps_;
    Observe(observation);
    nyala::StepResult result;
    result.terminated = cell_ == kCells - 1;
    result.truncated = !result.terminated && steps_ == kSteps;
    result.reward = result.terminated ? 1 : 0;
    return result;
  }

 private:
  static constexpr int kCells = 6;
  static constexpr int kSteps = 50;

  void Observe(nyala::ObservationRef observation) const {
    observation.floats()[0] = static_cast<float>(cell_) / (kCells - 1);
  }

  nyala::EnvSpec spec_;
  int cell_ = 0;
  int steps_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  nyala::Environments().Register("Corridor-v0", [] { return std::make_unique<Corridor>(); });
  return nyala::Main(argc, argv);
}
