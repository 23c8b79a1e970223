// Environments for tests whose episodes are known beforehand.
//
// "Truncating3" is truncated after 3 frames and cannot be saved; "Ending2" terminates after 2 and
// can; "Endless" never ends. Observation float32[2]: the frame within the episode, and a number
// made of the seed. The reward of a frame is its number, from 1. There are 4 actions; any other
// ends the test program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "actor/environment_registry.h"
#include "actor/state_bytes.h"
#include "common/base/check.h"

namespace nyala {

class ScriptedEnvironment : public Environment {
 public:
  ScriptedEnvironment(const std::string& id, int64_t length, bool truncates)
      : length_(length), truncates_(truncates) {
    spec_.id = id;
    spec_.observation = {DType::kFloat32, {2}};
    spec_.action.n = 4;
    spec_.max_episode_steps = truncates ? length : 0;
    spec_.description = "for tests";
  }
  static float SeedMark(uint64_t seed) { return static_cast<float>(seed % 65536); }

  const EnvSpec& spec() const override { return spec_; }
  void Reset(uint64_t seed, ObservationRef observation) override {
    at_ = {0, seed};
    Observe(observation);
  }
  StepResult Step(ActionRef action, ObservationRef observation) override {
    NYALA_CHECK(action.discrete() >= 0 && action.discrete() < 4, "an action that must be ignored");
    NYALA_CHECK(at_.frame < length_, "stepped after the end");
    ++at_.frame;
    Observe(observation);
    const bool end = at_.frame == length_;
    return {static_cast<float>(at_.frame), end && !truncates_, end && truncates_};
  }
  absl::Status SaveState(std::string* state) const override {
    if (truncates_) return Environment::SaveState(state);
    AppendValue(at_, state);
    return absl::OkStatus();
  }
  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    if (!reader.Read(&at_)) return absl::InvalidArgumentError("too short");
    return absl::OkStatus();
  }

 private:
  struct Place {
    int64_t frame = 0;
    uint64_t seed = 0;
  };
  void Observe(ObservationRef observation) const {
    observation.floats()[0] = static_cast<float>(at_.frame);
    observation.floats()[1] = SeedMark(at_.seed);
  }

  const int64_t length_;
  const bool truncates_;
  EnvSpec spec_;
  Place at_;
};

inline void RegisterScriptedEnvironments() {
  static const bool once = [] {
    Environments().Register("Truncating3", [] {
      return std::make_unique<ScriptedEnvironment>("Truncating3", 3, true);
    });
    Environments().Register(
        "Ending2", [] { return std::make_unique<ScriptedEnvironment>("Ending2", 2, false); });
    static constexpr int64_t kForEver = int64_t{1} << 60;
    Environments().Register("Endless", [] {
      return std::make_unique<ScriptedEnvironment>("Endless", kForEver, false);
    });
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace nyala
