// An environment and a family, of which one argument decides what Step rewards.
#include <memory>

#include "actor/plugin.h"
#include "common/base/random.h"

namespace {

class One : public nyala::Environment {
 public:
  explicit One(const std::string& id, double reward) : reward_(reward) {
    spec_.id = id;
    spec_.observation = {nyala::DType::kFloat32, {1}};
    spec_.description = "for tests";
  }
  const nyala::EnvSpec& spec() const override { return spec_; }
  void Reset(uint64_t seed, nyala::ObservationRef observation) override {
    observation.floats()[0] = static_cast<float>(nyala::RandomSequence(seed).Uniform());
  }
  nyala::StepResult Step(nyala::ActionRef, nyala::ObservationRef observation) override {
    observation.floats()[0] = 0;
    return {static_cast<float>(reward_)};
  }
  void Draw(nyala::Canvas& canvas) const override { canvas.DrawText({0, 0}, "one", {}, 10); }

 private:
  nyala::EnvSpec spec_;
  double reward_;
};

}  // namespace

NYALA_PLUGIN(registry) {
  registry.Register("PluginOne-v0", [] { return std::make_unique<One>("PluginOne-v0", 1); });
  registry.RegisterFamily(
      "plugin_one:", "ANY",
      [](const nyala::EnvironmentId& id) -> nyala::EnvironmentRegistry::Result {
        double reward = 2;
        const absl::Status read = nyala::ReadArguments(id, {{"reward", &reward}});
        if (!read.ok()) return read;
        return std::make_unique<One>(id.text, reward);
      });
}
