#include "actor/environments/cartpole.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace nyala {
namespace {

void ExpectClose(double got, double wanted) {
  EXPECT_NEAR(got, wanted, 1e-6 * std::max(1e-3, std::abs(wanted)));
}

TEST(CartPole, AgreesWithGymnasiumsTransitions) {
  std::ifstream file(std::string(NYALA_TEST_DATA) + "/cartpole_transitions.txt");
  ASSERT_TRUE(file.is_open());
  int transitions = 0, ends = 0;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream fields(line);
    CartPoleState state, next;
    int action = 0, reward = 0, terminated = 0;
    fields >> state.x >> state.x_dot >> state.theta >> state.theta_dot >> action;
    fields >> next.x >> next.x_dot >> next.theta >> next.theta_dot >> reward >> terminated;
    ASSERT_FALSE(fields.fail()) << line;
    SCOPED_TRACE(line);
    const CartPoleState got = AdvanceCartPole(state, action);
    ExpectClose(got.x, next.x);
    ExpectClose(got.x_dot, next.x_dot);
    ExpectClose(got.theta, next.theta);
    ExpectClose(got.theta_dot, next.theta_dot);
    EXPECT_EQ(CartPoleFailed(got), terminated == 1);
    EXPECT_EQ(reward, 1);
    ++transitions;
    ends += terminated;
  }
  EXPECT_GT(transitions, 200);
  EXPECT_GT(ends, 5);
}

TEST(CartPole, StartsWithinTheStartingRange) {
  const auto environment = MakeCartPole("CartPole-v1", 500, 475);
  float lowest = 1, highest = -1;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    float observation[4];
    environment->Reset(seed, ObservationRef{observation});
    for (const float value : observation) {
      ASSERT_LT(std::abs(value), 0.05f);
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  }
  EXPECT_LT(lowest, -0.049f);
  EXPECT_GT(highest, 0.049f);
}

// A rule that balances for long: push to where the pole falls.
int32_t Balance(const float* x) { return 0.1f * x[0] + 0.3f * x[1] + x[2] + x[3] > 0 ? 1 : 0; }

void ExpectTruncatedAfter(const std::string& id, int frames) {
  auto environment = *Environments().Create(id);
  float observation[4];
  environment->Reset(1, ObservationRef{observation});
  for (int frame = 1; frame <= frames; ++frame) {
    const int32_t action = Balance(observation);
    const StepResult result = environment->Step(ActionRef{&action}, ObservationRef{observation});
    EXPECT_EQ(result.reward, 1.0f);
    ASSERT_FALSE(result.terminated) << "frame " << frame;
    ASSERT_EQ(result.truncated, frame == frames) << "frame " << frame;
  }
}

TEST(CartPole, IsTruncatedAtItsLimit) {
  ExpectTruncatedAfter("CartPole-v0", 200);
  ExpectTruncatedAfter("CartPole-v1", 500);
}

TEST(CartPole, LastFrameOfAFallIsRewarded) {
  auto environment = *Environments().Create("CartPole-v1");
  float observation[4];
  environment->Reset(1, ObservationRef{observation});
  const int32_t right = 1;
  StepResult result;
  int frames = 0;
  while (!result.terminated) {
    result = environment->Step(ActionRef{&right}, ObservationRef{observation});
    EXPECT_EQ(result.reward, 1.0f);
    ASSERT_LT(++frames, 50);
  }
  EXPECT_GT(std::abs(observation[2]), 0.2f);
  EXPECT_FALSE(result.truncated);
}

}  // namespace
}  // namespace nyala
