#include "common/base/suggest.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

const std::vector<std::string>& Known() {
  static const auto& known = *new std::vector<std::string>{"CartPole-v1", "Catch-v0", "TwoState"};
  return known;
}

TEST(SuggestTest, FindsTheNearest) {
  EXPECT_EQ(NearestName("CartPol-v1", Known()), "CartPole-v1");
  EXPECT_EQ(NearestName("cartpole-v1", Known()), "CartPole-v1");
  EXPECT_EQ(NearestName("Cacth-v0", Known()), "Catch-v0");
}

TEST(SuggestTest, FindsNothingFarAway) {
  EXPECT_EQ(NearestName("Humanoid", Known()), "");
  EXPECT_EQ(NearestName("", Known()), "");
  EXPECT_EQ(NearestName("CartPole-v1", {}), "");
}

TEST(SuggestTest, TheMessageNamesOneOrAll) {
  EXPECT_EQ(UnknownNameMessage("environment", "CartPol-v1", Known()),
            "unknown environment 'CartPol-v1'; did you mean 'CartPole-v1'?");
  EXPECT_EQ(UnknownNameMessage("environment", "Humanoid", Known()),
            "unknown environment 'Humanoid'; known: CartPole-v1, Catch-v0, TwoState");
}

}  // namespace
}  // namespace nyala
