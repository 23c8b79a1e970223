#include "actor/environments/classic/cartpole.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "actor/environment_registry.h"
#include "tests/support/number_file.h"

namespace nyala {
namespace {

TEST(CartPole, AgreesWithGymnasiumsTransitions) {
  const auto rows = ReadNumbers("cartpole_transitions.txt", 11);
  int ends = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& row = rows[i];
    const CartPoleState got =
        AdvanceCartPole({row[0], row[1], row[2], row[3]}, static_cast<int>(row[4]));
    ExpectClose(got.x, row[5]);
    ExpectClose(got.x_dot, row[6]);
    ExpectClose(got.theta, row[7]);
    ExpectClose(got.theta_dot, row[8]);
    EXPECT_EQ(row[9], 1);
    EXPECT_EQ(CartPoleFailed(got), row[10] == 1);
    ends += row[10] == 1 ? 1 : 0;
  }
  EXPECT_GT(rows.size(), 200u);
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
