#include "deploy/launcher/restart_policy.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

TEST(RestartPolicy, AllowsAsManyAsItsLimitWithinTheWindow) {
  RestartPolicy policy(2, 60);
  EXPECT_TRUE(policy.Allow(100));
  EXPECT_TRUE(policy.Allow(101));
  EXPECT_FALSE(policy.Allow(102));
  EXPECT_FALSE(policy.Allow(159));
}

TEST(RestartPolicy, ForgetsWhatIsOlderThanTheWindow) {
  RestartPolicy policy(2, 60);
  EXPECT_TRUE(policy.Allow(100));
  EXPECT_TRUE(policy.Allow(130));
  EXPECT_TRUE(policy.Allow(160));
  EXPECT_FALSE(policy.Allow(170));
  EXPECT_TRUE(policy.Allow(190));
}

}  // namespace
}  // namespace nyala
