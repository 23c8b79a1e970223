// FakeInference: a policy without a network.
//
// Actions are a pure function of (key, version, state); log_mu is -version, so that a test sees
// which parameters acted; each float of recurrent state counts the rows since its last reset.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "actor/rollout/inference.h"
#include "common/base/random.h"
#include "common/rl/episode_rows.h"

namespace nyala {

class FakeInference : public Inference {
 public:
  explicit FakeInference(const ActionSpec& action, int64_t state_size = 0)
      : actions_(static_cast<uint64_t>(action.n)), state_size_(state_size) {}

  int64_t state_size() const override { return state_size_; }

  absl::Status Load(const ParameterSnapshot& snapshot) override {
    version_ = snapshot.version;
    return absl::OkStatus();
  }

  absl::Status Act(const ActRow& row) override {
    for (int64_t e = 0; e < row.E; ++e) {
      float* const state = row.state + e * state_size_;
      const bool first = (row.flags[e] & kRowFirst) != 0;
      for (int64_t i = 0; i < state_size_; ++i) state[i] = (first ? 0.0f : state[i]) + 1.0f;
      const ActionKey& key = row.keys[e];
      uint64_t bits = RandomBits(key.seed, key.environment, key.step, RandomPurpose::kAction);
      bits += version_;
      if (state_size_ > 0) bits += static_cast<uint64_t>(state[0]);
      const auto action = static_cast<int32_t>(bits % actions_);
      std::memcpy(row.actions + e * sizeof(action), &action, sizeof(action));
      std::memcpy(row.environment_actions + e * sizeof(action), &action, sizeof(action));
      row.log_mu[e] = -static_cast<float>(version_);
    }
    return absl::OkStatus();
  }

 private:
  const uint64_t actions_;
  const int64_t state_size_;
  uint64_t version_ = 0;
};

inline InferenceFactory FakeInferenceFactory(int64_t state_size = 0) {
  return [state_size](const RunConfig&, const EnvSpec& env) {
    return std::make_unique<FakeInference>(env.action, state_size);
  };
}

}  // namespace nyala
