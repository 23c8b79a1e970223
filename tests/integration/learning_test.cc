// The presets learn: each reaches its goal (where it has one) within a generous budget, and what it
// saved plays well.
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

struct Learns {
  std::string preset;
  // Several times what it needs.
  std::string frames;
  double least_mean;
  bool has_goal = true;
  std::vector<std::string> flags = {};
};

void PrintTo(const Learns& learns, std::ostream* out) { *out << learns.preset; }

class LearningTest : public CommandTest, public ::testing::WithParamInterface<Learns> {};

TEST_P(LearningTest, ReachesItsGoalAndPlaysWellAfterwards) {
  std::vector<std::string> train = {"train", "--preset=" + GetParam().preset, "--run=" + run_dir(),
                                    "--frames=" + GetParam().frames, "--seed=1"};
  train.insert(train.end(), GetParam().flags.begin(), GetParam().flags.end());
  const Finished trained = Run(train);
  // The one library of an environment that a build may do without.
  if (trained.status == 2 && absl::StrContains(trained.err, "MuJoCo")) {
    GTEST_SKIP() << "SKIPPED: " << trained.err;
  }
  ASSERT_EQ(trained.status, 0) << trained.out << trained.err;
  EXPECT_EQ(Summary().at("goal_reached").get<bool>(), GetParam().has_goal);

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

INSTANTIATE_TEST_SUITE_P(
    Presets, LearningTest,
    ::testing::Values(
        Learns{"cartpole-impala", "3000000", 200}, Learns{"cartpole-a2c", "3000000", 200},
        Learns{"catch-impala", "1000000", 0.7}, Learns{"cartpole-appo", "3000000", 200},
        Learns{"cartpole-a3c", "3000000", 200}, Learns{"cartpole-ppo", "3000000", 200},
        Learns{"cartpole-reinforce", "3000000", 200}, Learns{"cartpole-cem", "10000000", 200},
        Learns{"pendulum-appo", "2000000", -450, true, {"--goal=-250"}},
        Learns{"mountaincarcontinuous-appo", "2000000", 80, true, {"--goal=90"}},
        // Without training these get about -180, -180 and -100.
        Learns{"lunarlander-appo", "5000000", -60, true, {"--goal=50"}},
        Learns{"lunarlandercontinuous-appo", "6000000", -60, true, {"--goal=120"}},
        Learns{"bipedalwalker-appo", "5000000", 30, true, {"--goal=100"}},
        // Without training about 20.
        Learns{"hopper-ppo", "60000", 100, false},
        Learns{"mountaincar-appo", "4000000", -140, true, {"--goal=-115"}},
        Learns{"acrobot-appo", "1500000", -130, true, {"--goal=-100"}},
        Learns{"minatar-appo", "400000", 3, false}, Learns{"matchbits-impala", "2000000", 7},
        Learns{"matchdials-impala", "2000000", 7},
        // A policy that always does the same gets -99.
        Learns{"rockpaperscissors-impala", "500000", -15, false},
        // 50 choices at chance get 0.5 or more once in 6,500 times.
        Learns{"recall-50-a3c", "2000000", 0.5, false},
        Learns{"recall-50-impala", "2000000", 0.5, false}),
    NameOf);

// What the LSTM is for: without it the choice is made at chance, whatever the training.
TEST_F(CommandTest, RecallIsBeyondAFeedForwardPolicy) {
  const Finished trained =
      Run({"train", "--preset=recall-50-impala", "--set", "network.core=none", "--set",
           "network.core_memory=0", "--frames=500000", "--run=" + run_dir()});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Finished eval = Run({"eval", "--run=" + run_dir(), "--episodes=400", "--json"});
  const nlohmann::json json = nlohmann::json::parse(eval.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << eval.out;
  // Five standard deviations of 400 choices at chance.
  EXPECT_LT(std::abs(json.at("mean").get<double>()), 0.25);
}

TEST_F(CommandTest, ReplayAtHalfOfABatchLearnsAndCountsOnlyNewFrames) {
  const Finished trained =
      Run({"train", "--preset=catch-impala", "--set", "batch.replay_fraction=0.5",
           "--frames=1000000", "--run=" + run_dir()});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_TRUE(Summary().at("goal_reached").get<bool>());
  EXPECT_GT(Summary().at("replayed_frames").get<double>(),
            0.5 * Summary().at("frames").get<double>());
}

}  // namespace
}  // namespace nyala
