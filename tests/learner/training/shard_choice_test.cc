#include "learner/training/shard_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nyala {
namespace {

using testing::HasSubstr;
using testing::Not;

RunConfig Config(const char* algorithm = "impala") {
  RunConfig config;
  config.mutable_algorithm()->set_name(algorithm);
  return config;
}

TEST(ChooseShards, TakesWhatIsWorthAThreadAndSaysSo) {
  const ShardChoice choice = ChooseShards(Config(), 32, 64);
  EXPECT_EQ(choice.shards, 2);
  EXPECT_EQ(choice.why,
            "2 trainer shards on 64 cores, one for each 256 of a step's 640 rows; "
            "--set batch.shards=N takes another number");
}

TEST(ChooseShards, TakesNoMoreThanThereAreCores) {
  EXPECT_EQ(ChooseShards(Config(), 100000, 4).shards, 4);
  EXPECT_THAT(ChooseShards(Config(), 100000, 4).why, HasSubstr("one for each core"));
  EXPECT_EQ(ChooseShards(Config(), 1, 4).shards, 1);
}

TEST(ChooseShards, CountsTheRowsOfOneStep) {
  RunConfig config = Config("ppo");
  config.mutable_algorithm()->set_minibatches(100000);
  EXPECT_EQ(ChooseShards(config, 100000, 8).shards, 1);
}

TEST(ChooseShards, TakesTheConfigurations) {
  RunConfig config = Config();
  config.mutable_batch()->set_shards(7);
  EXPECT_EQ(ChooseShards(config, 4, 2).shards, 7);
  config.set_device("cuda");
  EXPECT_EQ(ChooseShards(config, 100000, 2).shards, 1);
}

TEST(ChooseShards, NeedsOneWhereActorsComputeTheGradients) {
  EXPECT_EQ(ChooseShards(Config("a3c"), 100000, 8).shards, 1);
}

TEST(ChooseShards, AdvisesWhatWouldHelp) {
  // More cores do nothing for the default batch.
  EXPECT_THAT(ChooseShards(Config(), 32, 8).help, HasSubstr("batch.columns or batch.shards"));
  EXPECT_THAT(ChooseShards(Config(), 32, 8).help, Not(HasSubstr("cores")));
  EXPECT_THAT(ChooseShards(Config("ppo"), 32, 8).help, HasSubstr("actor.envs_per_thread"));
  EXPECT_EQ(ChooseShards(Config(), 100000, 8).help, "add cores or use a smaller network");
  EXPECT_THAT(ChooseShards(Config(), 32, 2).help,
              HasSubstr("raise batch.columns or batch.shards with more cores"));
}

}  // namespace
}  // namespace nyala
