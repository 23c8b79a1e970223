#include "deploy/launcher/sizing.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

RunConfig With(const char* algorithm, const char* device, int threads) {
  RunConfig config;
  config.mutable_algorithm()->set_name(algorithm);
  config.set_device(device);
  config.mutable_actor()->set_threads(threads);
  return config;
}

TEST(ChooseActors, HalfTheCoresBesideALearnerOnTheCpu) {
  EXPECT_EQ(ChooseActors(With("impala", "cpu", 1), 1), 1);
  EXPECT_EQ(ChooseActors(With("impala", "cpu", 1), 2), 1);
  EXPECT_EQ(ChooseActors(With("impala", "cpu", 1), 16), 8);
  EXPECT_EQ(ChooseActors(With("impala", "cpu", 4), 16), 2);
  EXPECT_EQ(ChooseActors(With("impala", "cpu", 64), 16), 1);
}

TEST(ChooseActors, AllButOneCoreBesideALearnerOnAnAccelerator) {
  EXPECT_EQ(ChooseActors(With("impala", "cuda:0", 1), 16), 15);
}

TEST(ChooseActors, AllCoresWhenTheLearnerWaitsForThem) {
  for (const char* algorithm : {"a2c", "reinforce", "cem"}) {
    EXPECT_EQ(ChooseActors(With(algorithm, "cpu", 1), 4), 4);
  }
}

}  // namespace
}  // namespace nyala
