#include "actor/plugin.h"

// Walk from cell 0 to cell 5: 1 for getting there, within 50 steps.
class Mine : public nyala::Environment {
 public:
  Mine() {
    spec_.id = "Mine-v0";
    spec_.observation = {nyala::DType::kFloat32, {1}};
    spec_.action.n = 2;
    spec_.max_episode_steps = 50;
    spec_.description = "walk to the right";
  }
  const nyala::EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t /*seed*/, nyala::ObservationRef observation) override {
    observation.floats()[0] = cell_ = steps_ = 0;
  }
  nyala::StepResult Step(nyala::ActionRef action, nyala::ObservationRef observation) override {
    cell_ = std::max(0, cell_ + (action.discrete() == 1 ? 1 : -1));
    observation.floats()[0] = static_cast<float>(cell_) / 5;
    const bool there = cell_ == 5, late = ++steps_ == spec_.max_episode_steps;
    return {there ? 1.0f : 0.0f, there, late && !there};
  }

 private:
  nyala::EnvSpec spec_;
  int cell_ = 0, steps_ = 0;
};

NYALA_PLUGIN(registry) {
  registry.Register("Mine-v0", [] { return std::make_unique<Mine>(); });
}
