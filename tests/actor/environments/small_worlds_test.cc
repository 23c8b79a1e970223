// LectureTwoState, RockPaperScissors, Recall, MatchBits and MatchDials: that they are as hard, and
// as easy, as their headers say.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/environments/small/lecture_two_state.h"
#include "actor/environments/small/match.h"
#include "actor/environments/small/recall.h"
#include "actor/environments/small/rock_paper_scissors.h"
#include "common/base/random.h"

namespace nyala {
namespace {

using Observation = std::vector<float>;
using Action = std::vector<int32_t>;
using Policy = std::function<Action(const Observation&)>;

// Mean return of `episodes` episodes.
double MeanReturn(Environment& environment, uint64_t episodes, const Policy& policy) {
  Observation x(environment.spec().observation.elements());
  double sum = 0;
  for (uint64_t seed = 0; seed < episodes; ++seed) {
    environment.Reset(seed, ObservationRef{x.data()});
    StepResult result;
    while (!result.terminated && !result.truncated) {
      const Action action = policy(x);
      result = environment.Step(ActionRef{action.data()}, ObservationRef{x.data()});
      sum += result.reward;
    }
  }
  return sum / static_cast<double>(episodes);
}

TEST(LectureTwoState, TheCloserPredictionActsWorse) {
  EXPECT_EQ(LectureSquaredError(kLecturePredictionA), 2501.0 / 4);
  EXPECT_EQ(LectureSquaredError(kLecturePredictionB), 2.0 / 4);
  const bool picks_b =
      LectureSquaredError(kLecturePredictionB) < LectureSquaredError(kLecturePredictionA);
  const LectureTable& picked = picks_b ? kLecturePredictionB : kLecturePredictionA;
  EXPECT_EQ(picked, kLecturePredictionB);
  EXPECT_EQ(LectureGreedyReturn(picked), 50.5);
  EXPECT_EQ(LectureGreedyReturn(kLecturePredictionA), 51);
  EXPECT_EQ(LectureGreedyReturn(kLectureTrueQ), 51);
}

TEST(LectureTwoState, RewardsAreTheTrueValues) {
  const auto environment = MakeLectureTwoState();
  for (const LectureTable& table : {kLecturePredictionA, kLecturePredictionB}) {
    const double got = MeanReturn(*environment, 20000, [&](const Observation& x) {
      const auto& q = table[x[1] == 1 ? 1 : 0];
      return Action{q[1] > q[0] ? 1 : 0};
    });
    // Four standard errors: half the episodes pay about 100.
    EXPECT_NEAR(got, LectureGreedyReturn(table), 1.5);
  }
  float x[2];
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (int32_t action = 0; action < 2; ++action) {
      environment->Reset(seed, ObservationRef{x});
      const int state = x[1] == 1 ? 1 : 0;
      const StepResult result = environment->Step(ActionRef{&action}, ObservationRef{x});
      EXPECT_EQ(result.reward, kLectureTrueQ[state][action]);
      EXPECT_TRUE(result.terminated);
    }
  }
}

TEST(RockPaperScissors, BestResponsesFollowTheRules) {
  // Paper (1) beats rock (0), scissors (2) beat paper, rock beats scissors.
  EXPECT_EQ(RockPaperScissorsReward(1, 0), 1);
  EXPECT_EQ(RockPaperScissorsReward(2, 1), 1);
  EXPECT_EQ(RockPaperScissorsReward(0, 2), 1);
  EXPECT_EQ(RockPaperScissorsReward(0, 1), -1);
  EXPECT_EQ(RockPaperScissorsReward(2, 2), 0);
  using Best = std::array<bool, 3>;
  EXPECT_EQ(BestResponses({5, 0, 0}), (Best{false, true, false}));
  EXPECT_EQ(BestResponses({0, 5, 0}), (Best{false, false, true}));
  EXPECT_EQ(BestResponses({0, 0, 5}), (Best{true, false, false}));
  EXPECT_EQ(BestResponses({0, 0, 0}), (Best{true, true, true}));
  EXPECT_EQ(BestResponses({4, 4, 1}), (Best{false, true, false}));
  // Against (1, 2, 0): rock 0 - 2, paper 1 - 0, scissors 2 - 1.
  EXPECT_EQ(BestResponses({1, 2, 0}), (Best{false, true, true}));
}

// Plays each move with its probability.
Policy Mixture(std::array<double, 3> probability) {
  return [probability, random = RandomSequence(5)](const Observation&) mutable {
    const double u = random.Uniform();
    return Action{u < probability[0] ? 0 : u < probability[0] + probability[1] ? 1 : 2};
  };
}

TEST(RockPaperScissors, DeterministicPoliciesLoseNearlyEveryRound) {
  const auto environment = MakeRockPaperScissors();
  for (int32_t move = 0; move < 3; ++move) {
    // The first round alone is a gamble.
    const double got =
        MeanReturn(*environment, 500, [move](const Observation&) { return Action{move}; });
    EXPECT_NEAR(got, -99, 4 * std::sqrt(2.0 / 3 / 500));
  }
}

TEST(RockPaperScissors, TheUniformPolicyGetsNothingAndLosesNothing) {
  const auto environment = MakeRockPaperScissors();
  // A round has variance 2/3, an episode 100 rounds.
  EXPECT_NEAR(MeanReturn(*environment, 4000, Mixture({1.0 / 3, 1.0 / 3, 1.0 / 3})), 0,
              4 * std::sqrt(100 * 2.0 / 3 / 4000));
}

TEST(RockPaperScissors, EveryOtherMixtureLoses) {
  const auto environment = MakeRockPaperScissors();
  const double half = MeanReturn(*environment, 1000, Mixture({0.5, 0.25, 0.25}));
  const double two = MeanReturn(*environment, 1000, Mixture({0.5, 0.5, 0}));
  const double rock = MeanReturn(*environment, 1000, Mixture({0.8, 0.1, 0.1}));
  EXPECT_LT(half, -5);
  EXPECT_LT(two, half);
  EXPECT_LT(rock, half);
}

TEST(Recall, TheChoiceLooksTheSameForBothCues) {
  const auto environment = MakeRecall(10);
  int cues[2] = {0, 0};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Observation x(3);
    environment->Reset(seed, ObservationRef{x.data()});
    ASSERT_EQ(x[0] + x[1], 1);
    ++cues[x[1] == 1 ? 1 : 0];
    const int32_t action = static_cast<int32_t>(seed / 2 % 2);
    for (int frame = 0; frame < 11; ++frame) {
      const StepResult result = environment->Step(ActionRef{&action}, ObservationRef{x.data()});
      ASSERT_EQ(result.reward, 0);
      ASSERT_FALSE(result.terminated);
      ASSERT_EQ(x, (Observation{0, 0, frame == 10 ? 1.0f : 0.0f}));
    }
    EXPECT_TRUE(environment->Step(ActionRef{&action}, ObservationRef{x.data()}).terminated);
  }
  EXPECT_GT(cues[0], 60);
  EXPECT_GT(cues[1], 60);
}

TEST(Recall, WithoutMemoryItIsChanceWithMemoryItIsEasy) {
  for (const char* id : {"Recall-10", "Recall-50", "Recall-100"}) {
    const auto environment = *Environments().Create(id);
    for (int32_t choice = 0; choice < 2; ++choice) {
      // A function of what is seen can only choose one action at the end, or a mixture.
      const double got =
          MeanReturn(*environment, 2000, [&](const Observation&) { return Action{choice}; });
      EXPECT_NEAR(got, 0, 4 / std::sqrt(2000.0));
    }
    int32_t remembered = 0;
    const double got = MeanReturn(*environment, 100, [&](const Observation& x) {
      if (x[0] + x[1] == 1) remembered = x[1] == 1 ? 1 : 0;
      return Action{remembered};
    });
    EXPECT_EQ(got, 1);
  }
}

TEST(Match, RepeatingWhatIsShownGetsAll) {
  const auto bits = MakeMatchBits();
  EXPECT_NEAR(
      MeanReturn(*bits, 50, [](const Observation& x) { return Action(x.begin(), x.end()); }), 8,
      1e-5);
  const auto dials = MakeMatchDials();
  EXPECT_NEAR(
      MeanReturn(*dials, 50,
                 [](const Observation& x) {
                   Action action;
                   auto at = x.begin();
                   for (const int size : {3, 4, 5}) {
                     action.push_back(static_cast<int32_t>(std::find(at, at + size, 1) - at));
                     at += size;
                   }
                   return action;
                 }),
      8, 1e-5);
}

TEST(Match, LookingAwayGetsWhatChanceGives) {
  const auto bits = MakeMatchBits();
  const auto dials = MakeMatchDials();
  const auto zeros = [](const Observation&) { return Action(6, 0); };
  EXPECT_NEAR(MeanReturn(*bits, 2000, zeros), 8 * 0.5, 0.1);
  EXPECT_NEAR(MeanReturn(*dials, 2000, zeros), 8 * 47.0 / 180, 0.1);
}

}  // namespace
}  // namespace nyala
