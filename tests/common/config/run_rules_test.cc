#include "common/config/run_rules.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

RunConfig ConfigOf(const std::string& algorithm) {
  RunConfig config;
  config.mutable_algorithm()->set_name(algorithm);
  config.mutable_actor()->set_window(3);
  return config;
}

TEST(RunRules, A2cIsSynchronousAndImpalaIsNot) {
  EXPECT_TRUE(IsSynchronous(ConfigOf("a2c")));
  EXPECT_TRUE(IsSynchronous(ConfigOf("ppo")));
  EXPECT_FALSE(IsSynchronous(ConfigOf("impala")));
}

TEST(RunRules, ActorsAndLearnerTakeTurnsOverOneUnrollOrWholeSessions) {
  for (const char* algorithm : {"a2c", "ppo", "reinforce", "cem"}) {
    EXPECT_TRUE(TakesTurns(ConfigOf(algorithm))) << algorithm;
  }
  for (const char* algorithm : {"impala", "appo", "a3c"}) {
    EXPECT_FALSE(TakesTurns(ConfigOf(algorithm))) << algorithm;
  }
  EXPECT_FALSE(IsSynchronous(ConfigOf("reinforce")));
}

TEST(RunRules, TheNewColumnsOfABatchAreRoundedDown) {
  RunConfig config;
  const auto columns = [&config](int columns, double replayed) {
    config.mutable_batch()->set_columns(columns);
    config.mutable_batch()->set_replay_fraction(replayed);
    return NewColumns(config);
  };
  EXPECT_EQ(columns(32, 0), 32);
  EXPECT_EQ(columns(32, 0.5), 16);
  EXPECT_EQ(columns(10, 0.9), 1);  // 10 * (1 - 0.9) is below 1 in floating point
  EXPECT_EQ(columns(3, 0.5), 1);
  EXPECT_EQ(columns(1, 0.5), 0);
}

TEST(RunRules, ASessionEndsAtTheFirstLimit) {
  RunConfig config = ConfigOf("reinforce");
  config.mutable_environment()->set_id("Corridor");
  EXPECT_EQ(*SessionFrames(config, 500), 500);
  config.mutable_batch()->set_max_session_frames(100);
  EXPECT_EQ(*SessionFrames(config, 500), 100);
  EXPECT_EQ(*SessionFrames(config, 50), 50);
  EXPECT_EQ(*SessionFrames(config, 0), 100);
}

TEST(RunRules, ASessionWithoutLimitIsRefusedWithTheFix) {
  RunConfig config = ConfigOf("cem");
  config.mutable_environment()->set_id("Corridor");
  EXPECT_EQ(SessionFrames(config, 0).status(),
            absl::InvalidArgumentError(
                "batch.max_session_frames is 0 but environment.id is Corridor, whose sessions have "
                "no time limit, and algorithm.name is cem, which trains on whole sessions; set "
                "batch.max_session_frames to a number of frames"));
}

TEST(RunRules, AnActorThatTakesTurnsWaitsForItsAck) {
  EXPECT_EQ(UnrollWindow(ConfigOf("a2c")), 0);
  EXPECT_EQ(UnrollWindow(ConfigOf("reinforce")), 0);
  EXPECT_EQ(UnrollWindow(ConfigOf("impala")), 3);
}

}  // namespace
}  // namespace nyala
