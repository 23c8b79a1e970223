#include "common/rl/schedule.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

RunConfig Annealed() {
  RunConfig config;
  config.mutable_limits()->set_frames(1000);
  config.mutable_optimizer()->set_learning_rate(1);
  config.mutable_optimizer()->set_learning_rate_final(0);
  config.mutable_algorithm()->set_entropy_cost(0.5);
  config.mutable_algorithm()->set_entropy_cost_final(0.1);
  return config;
}

TEST(Schedule, GoesLinearlyToTheBudgetsEndAndStaysThere) {
  const RunConfig config = Annealed();
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 0), 1);
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 250), 0.75);
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 1000), 0);
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 5000), 0);
  EXPECT_DOUBLE_EQ(EntropyCostAt(config, 500), 0.3);
}

TEST(Schedule, EndsWhereItIsToldToWhateverTheBudget) {
  RunConfig config = Annealed();
  config.mutable_limits()->set_frames(4000);
  config.mutable_limits()->set_schedule_frames(1000);
  EXPECT_EQ(ScheduleFrames(config), 1000u);
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 250), 0.75);
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 1000), 0);
  config.mutable_limits()->clear_frames();
  EXPECT_DOUBLE_EQ(EntropyCostAt(config, 500), 0.3);
}

TEST(Schedule, IsConstantWithoutAFinalValueOrAnEnd) {
  RunConfig config = Annealed();
  config.mutable_optimizer()->clear_learning_rate_final();
  EXPECT_DOUBLE_EQ(LearningRateAt(config, 500), 1);
  config.mutable_limits()->clear_frames();
  EXPECT_DOUBLE_EQ(EntropyCostAt(config, 500), 0.5);
}

}  // namespace
}  // namespace nyala
