#include "deploy/cli/returns.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nyala {
namespace {

TEST(Summarize, ComputesEveryStatistic) {
  const ReturnStatistics statistics = Summarize({4, 1, 3, 8});
  EXPECT_EQ(statistics.episodes, 4u);
  EXPECT_DOUBLE_EQ(statistics.mean, 4);
  EXPECT_DOUBLE_EQ(statistics.median, 3.5);
  EXPECT_DOUBLE_EQ(statistics.std * statistics.std, (0 + 9 + 1 + 16) / 4.0);
  EXPECT_EQ(statistics.min, 1);
  EXPECT_EQ(statistics.max, 8);
}

TEST(Summarize, MedianOfAnOddNumberIsTheMiddle) {
  EXPECT_EQ(Summarize({9, -5, 2}).median, 2);
  EXPECT_EQ(Summarize({7}).std, 0);
}

TEST(ToJson, HasTheKeysThatScriptsRelyOn) {
  const nlohmann::json json = nlohmann::json::parse(ToJson(Summarize({1, 2})));
  EXPECT_EQ(json, nlohmann::json({{"episodes", 2},
                                  {"mean", 1.5},
                                  {"median", 1.5},
                                  {"std", 0.5},
                                  {"min", 1.0},
                                  {"max", 2.0}}));
}

TEST(ToText, IsALineForPeople) {
  EXPECT_EQ(ToText(Summarize({1, 2})),
            "return of 2 episodes: mean 1.5  median 1.5  std 0.5  min 1  max 2");
  EXPECT_EQ(ToText(Summarize({3})), "return of 1 episode: mean 3  median 3  std 0  min 3  max 3");
}

}  // namespace
}  // namespace nyala
