// The presets learn: each reaches its goal within a generous budget, and what it saved plays well.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/command_test.h"

namespace nyala {
namespace {

struct Learns {
  std::string preset;
  // Several times what it needs.
  std::string frames;
  double least_mean;
};

class LearningTest : public CommandTest, public ::testing::WithParamInterface<Learns> {};

TEST_P(LearningTest, ReachesItsGoalAndPlaysWellAfterwards) {
  const Finished trained = Run({"train", "--preset=" + GetParam().preset, "--run=" + run_dir(),
                                "--frames=" + GetParam().frames, "--seed=1"});
  ASSERT_EQ(trained.status, 0) << trained.out << trained.err;
  EXPECT_TRUE(Summary().at("goal_reached").get<bool>());

  const Finished eval = Run({"eval", "--run=" + run_dir(), "--episodes=50", "--json"});
  ASSERT_EQ(eval.status, 0) << eval.err;
  const nlohmann::json json = nlohmann::json::parse(eval.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << eval.out;
  EXPECT_EQ(json.at("episodes").get<int>(), 50);
  EXPECT_GE(json.at("mean").get<double>(), GetParam().least_mean) << eval.out;
}

std::string NameOf(const ::testing::TestParamInfo<Learns>& info) {
  std::string name = info.param.preset;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Presets, LearningTest,
                         ::testing::Values(Learns{"cartpole-impala", "3000000", 200},
                                           Learns{"cartpole-a2c", "3000000", 200},
                                           Learns{"catch-impala", "1000000", 0.8}),
                         NameOf);

}  // namespace
}  // namespace nyala
