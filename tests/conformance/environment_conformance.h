// What every environment must do: put an implementation through it by its registered name.
//
//   INSTANTIATE_TEST_SUITE_P(Mine, EnvironmentConformance, testing::Values("MyEnvironment"));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/environment.h"

namespace nyala {

class EnvironmentConformance : public testing::TestWithParam<std::string> {
 protected:
  // One step as an observer sees it. Where only a stretch of the episode ended (StepResult.goes_on)
  // the next one was started, and its first observation is the one seen.
  struct Seen {
    std::vector<uint8_t> observation;
    float reward = 0;
    bool terminated = false;
    bool truncated = false;
    bool stretch_ended = false;
    bool operator==(const Seen& other) const;
  };

  void SetUp() override;
  std::unique_ptr<Environment> Make() const;
  // A valid action, a pure function of (seed, step).
  std::vector<uint8_t> Action(uint64_t seed, uint64_t step) const;
  Seen ResetOf(Environment& environment, uint64_t seed) const;
  Seen StepOf(Environment& environment, uint64_t seed, uint64_t step) const;
  // Plays with the actions of `seed`, from a reset to the end or for `limit` steps.
  std::vector<Seen> Play(Environment& environment, uint64_t seed, int64_t limit) const;

  EnvSpec spec_;
};

}  // namespace nyala
