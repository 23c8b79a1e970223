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
  EXPECT_FALSE(IsSynchronous(ConfigOf("impala")));
}

TEST(RunRules, ASynchronousActorWaitsForItsAck) {
  EXPECT_EQ(UnrollWindow(ConfigOf("a2c")), 0);
  EXPECT_EQ(UnrollWindow(ConfigOf("impala")), 3);
}

}  // namespace
}  // namespace nyala
