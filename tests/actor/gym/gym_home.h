// What tests of gym: ids share: where the library and the fake package are, and steps of one
// environment from outside. One thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "actor/environment_registry.h"

namespace nyala {

constexpr char kFake[] = "gym:nyala_fake_gym:";

inline absl::StatusOr<std::unique_ptr<Environment>> MakeFake(const std::string& id) {
  return Environments().Create(kFake + id);
}

// An environment that must exist.
class Played {
 public:
  explicit Played(const std::string& id) {
    auto made = Environments().Create(id);
    EXPECT_TRUE(made.ok()) << made.status();
    environment_ = *std::move(made);
    observation_.assign(environment_->spec().observation.bytes(), 0xAB);
  }

  void Reset(uint64_t seed = 1) { environment_->Reset(seed, ObservationRef{observation_.data()}); }
  template <typename T>
  StepResult Step(const std::vector<T>& action) {
    return environment_->Step(ActionRef{action.data()}, ObservationRef{observation_.data()});
  }

  const EnvSpec& spec() const { return environment_->spec(); }
  std::string failure() const { return std::string(environment_->failure().message()); }
  const std::vector<uint8_t>& bytes() const { return observation_; }
  std::vector<float> floats() const {
    std::vector<float> values(observation_.size() / sizeof(float));
    std::memcpy(values.data(), observation_.data(), values.size() * sizeof(float));
    return values;
  }
  Environment& operator*() { return *environment_; }

 private:
  std::unique_ptr<Environment> environment_;
  std::vector<uint8_t> observation_;
};

}  // namespace nyala
