#include "learner/metrics/bottleneck.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

WaitingTimes Times(double waiting, double blocked) {
  WaitingTimes times;
  times.actors = 4;
  times.waiting = waiting;
  times.blocked = blocked;
  times.learner_help = "add cores";
  return times;
}

std::string TakingTurns(double waiting) {
  WaitingTimes times = Times(waiting, 0);
  times.takes_turns = true;
  return NameBottleneck(times);
}

constexpr char kActors[] = "actors (add --actors or cores)";
constexpr char kLearner[] = "learner (add cores)";

TEST(NameBottleneck, WithoutAnActorThatIsIt) {
  WaitingTimes times = Times(1, 0);
  times.actors = 0;
  times.awaited = 3;
  EXPECT_EQ(NameBottleneck(times), "actors (there is none)");
}

TEST(NameBottleneck, SaysWhomTheFirstBatchWaitsFor) {
  WaitingTimes times = Times(1, 0);
  times.awaited = 1;
  EXPECT_EQ(NameBottleneck(times),
            "actors (waiting for the first batch: actor.actors announces 1 rollout thread more)");
  times.awaited = 3;
  times.takes_turns = true;
  EXPECT_EQ(NameBottleneck(times),
            "actors (waiting for the first batch: actor.actors announces 3 rollout threads more)");
}

TEST(NameBottleneck, ALearnerThatWaitsHasTooFewActors) {
  EXPECT_EQ(NameBottleneck(Times(0.26, 0)), kActors);
  EXPECT_EQ(NameBottleneck(Times(1, 1)), kActors);
}

TEST(NameBottleneck, ALearnerThatNeverWaitsOrIsWaitedForIsTooSlow) {
  EXPECT_EQ(NameBottleneck(Times(0.09, 0)), kLearner);
  EXPECT_EQ(NameBottleneck(Times(0.2, 0.26)), kLearner);
}

TEST(NameBottleneck, InBetweenNobodyIs) {
  EXPECT_EQ(NameBottleneck(Times(0.1, 0.25)), "none (balanced)");
  EXPECT_EQ(NameBottleneck(Times(0.25, 0)), "none (balanced)");
}

TEST(NameBottleneck, WhoTakesTurnsWaitsForHalfOfTheTime) {
  EXPECT_EQ(TakingTurns(0.39), kLearner);
  EXPECT_EQ(TakingTurns(0.4), "none (actors and learner take turns)");
  EXPECT_EQ(TakingTurns(0.6), "none (actors and learner take turns)");
  EXPECT_EQ(TakingTurns(0.61), kActors);
}

}  // namespace
}  // namespace nyala
