#include "learner/admission/actor_lags.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(ActorLags, AreSummarisedOverTheActors) {
  ActorLags lags;
  for (uint32_t actor = 0; actor < 10; ++actor) lags.Add(actor, actor + 1, 4);
  const ActorLags::Summary summary = lags.Summarize();
  EXPECT_EQ(summary.p50, 5);
  EXPECT_EQ(summary.p90, 9);
  EXPECT_EQ(summary.max, 10);
}

TEST(ActorLags, WithoutAnyAreZero) {
  ActorLags lags;
  lags.Add(0, 7, 0);
  EXPECT_EQ(lags.Summarize().max, 0);
}

TEST(ActorLags, AnActorsIsTheMeanOfItsColumns) {
  ActorLags lags;
  lags.Add(3, 2, 4);
  EXPECT_EQ(lags.Summarize().p50, 2);
  lags.Add(3, 4, 4);
  EXPECT_NEAR(lags.Summarize().p50, 3, 0.05);
}

TEST(ActorLags, TheNewestCount) {
  ActorLags lags;
  for (int i = 0; i < 10'000; ++i) lags.Add(0, 100, 4);
  for (int i = 0; i < 300; ++i) lags.Add(0, 1, 4);
  EXPECT_NEAR(lags.Summarize().max, 1, 0.1);
}

TEST(ActorLags, OfThoseWhoLeftNothingIsKept) {
  ActorLags lags;
  lags.Add(0, 1, 4);
  lags.Add(1, 9, 4);
  lags.Forget(1);
  lags.Forget(2);
  EXPECT_EQ(lags.Summarize().max, 1);
}

}  // namespace
}  // namespace nyala
