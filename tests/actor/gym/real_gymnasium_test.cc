// Gymnasium itself through the bridge, where it is installed.
#include <gmock/gmock.h>

#include "actor/environments/classic/cartpole.h"
#include "tests/actor/gym/gym_home.h"

namespace nyala {
namespace {

constexpr char kCartPole[] = "gym:gymnasium:CartPole-v1";

class RealGymnasium : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = Environments().Create(kCartPole);
    if (absl::IsNotFound(made.status())) GTEST_SKIP() << "SKIPPED: " << made.status().message();
    ASSERT_TRUE(made.ok()) << made.status();
  }
};

TEST_F(RealGymnasium, CartPoleIsDescribed) {
  Played played(kCartPole);
  EXPECT_EQ(played.spec().observation.shape, std::vector<int64_t>{4});
  EXPECT_EQ(played.spec().action.n, 2);
  EXPECT_EQ(played.spec().max_episode_steps, 500);
  EXPECT_EQ(played.spec().solved_return, 475);
}

CartPoleState StateOf(const std::vector<float>& values) {
  return {values[0], values[1], values[2], values[3]};
}

TEST_F(RealGymnasium, CartPoleMovesAsOurs) {
  Played played(kCartPole);
  int ends = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    played.Reset(seed);
    StepResult step;
    for (int i = 0; !step.terminated && !step.truncated; ++i) {
      const int32_t action = i * 7 % 3 == 0;
      const CartPoleState wanted = AdvanceCartPole(StateOf(played.floats()), action);
      step = played.Step<int32_t>({action});
      ASSERT_EQ(played.failure(), "");
      EXPECT_EQ(step.reward, 1);
      const CartPoleState is = StateOf(played.floats());
      // Theirs goes on in double precision, ours from what was observed.
      EXPECT_NEAR(is.x, wanted.x, 1e-5);
      EXPECT_NEAR(is.x_dot, wanted.x_dot, 1e-5);
      EXPECT_NEAR(is.theta, wanted.theta, 1e-5);
      EXPECT_NEAR(is.theta_dot, wanted.theta_dot, 1e-5);
    }
    ends += step.terminated ? 1 : 0;
  }
  EXPECT_EQ(ends, 20);
}

TEST_F(RealGymnasium, TheTimeLimitTruncates) {
  Played played("gym:gymnasium:CartPole-v1,max_episode_steps=3");
  EXPECT_EQ(played.spec().max_episode_steps, 3);
  played.Reset();
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(played.Step<int32_t>({i}).truncated);
  const StepResult last = played.Step<int32_t>({0});
  EXPECT_TRUE(last.truncated);
  EXPECT_FALSE(last.terminated);
}

TEST_F(RealGymnasium, ItsOtherSpacesAreUnderstood) {
  Played blackjack("gym:gymnasium:Blackjack-v1");
  EXPECT_EQ(blackjack.spec().observation.shape, std::vector<int64_t>{32 + 11 + 2});
  blackjack.Reset();
  EXPECT_EQ(blackjack.failure(), "");
  Played pendulum("gym:gymnasium:Pendulum-v1");
  pendulum.Reset();
  EXPECT_LE(pendulum.Step<float>({0.5f}).reward, 0);
  EXPECT_EQ(pendulum.failure(), "");
}

TEST_F(RealGymnasium, WhatItRefusesIsOneLine) {
  testing::internal::CaptureStderr();
  const auto made = Environments().Create("gym:gymnasium:CartPol-v1");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(absl::IsInvalidArgument(made.status()));
  EXPECT_THAT(std::string(made.status().message()),
              testing::HasSubstr("environment 'gym:gymnasium:CartPol-v1': NameNotFound: "));
}

}  // namespace
}  // namespace nyala
