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

TEST(ChooseThreads, OneForEachCoreAndSaysSo) {
  const ThreadChoice choice = ChooseThreads(With("impala", "cpu", 1), 32, 4);
  EXPECT_EQ(choice.threads, 4);
  EXPECT_EQ(choice.why,
            "4 cores: 4 rollout threads of 32 environments; --threads=N takes another number");
  EXPECT_EQ(ChooseThreads(With("a3c", "cpu", 1), 8, 1).threads, 1);
}

TEST(ChooseThreads, AsTheRunSaysWhereTheActorsColumnsAreTheBatch) {
  for (const char* algorithm : {"a2c", "ppo", "reinforce", "cem"}) {
    const ThreadChoice choice = ChooseThreads(With(algorithm, "cpu", 2), 16, 64);
    EXPECT_EQ(choice.threads, 0);
    EXPECT_NE(choice.why.find("64 cores: 2 rollout threads of 16 environments as the run says"),
              std::string::npos)
        << choice.why;
  }
}

TEST(ChooseThreads, AsTheRunSaysWhereCoresOfOursDoNotHelp) {
  for (const char* environment : {"gym:CartPole-v1", "grpc:unix:/tmp/socket"}) {
    RunConfig config = With("impala", "cpu", 1);
    config.mutable_environment()->set_id(environment);
    EXPECT_EQ(ChooseThreads(config, 32, 8).threads, 0) << environment;
  }
}

}  // namespace
}  // namespace nyala
