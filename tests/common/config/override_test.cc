#include "common/config/override.h"

#include <gtest/gtest.h>

#include <string>

namespace nyala {
namespace {

std::string ErrorOf(const std::string& assignment) {
  RunConfig config;
  const absl::Status status = ApplyOverride(assignment, &config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << assignment;
  EXPECT_EQ(config.ByteSizeLong(), 0) << "changed in spite of the error: " << assignment;
  return std::string(status.message());
}

TEST(ApplyOverride, SetsEveryKindOfField) {
  RunConfig config;
  for (const char* assignment :
       {"seed=18446744073709551615", "device=cuda:1", "environment.id=Catch",
        "algorithm.discount=0.5", "algorithm.reduction=MEAN", "algorithm.n_step=-3",
        "network.shared_trunk=false", "network.hidden=128,32", "transport.max_message_bytes=1e6",
        "limits.frames=2.5e6", "limits.goal=-10.5"}) {
    ASSERT_TRUE(ApplyOverride(assignment, &config).ok()) << assignment;
  }
  EXPECT_EQ(config.seed(), 18446744073709551615u);
  EXPECT_EQ(config.device(), "cuda:1");
  EXPECT_EQ(config.environment().id(), "Catch");
  EXPECT_EQ(config.algorithm().discount(), 0.5);
  EXPECT_EQ(config.algorithm().reduction(), AlgorithmConfig::MEAN);
  EXPECT_EQ(config.algorithm().n_step(), -3);
  EXPECT_FALSE(config.network().shared_trunk());
  ASSERT_EQ(config.network().hidden_size(), 2);
  EXPECT_EQ(config.network().hidden(0), 128);
  EXPECT_EQ(config.network().hidden(1), 32);
  EXPECT_EQ(config.transport().max_message_bytes(), 1000000);
  EXPECT_EQ(config.limits().frames(), 2500000u);
  EXPECT_EQ(config.limits().goal(), -10.5);
}

TEST(ApplyOverride, ListReplacesTheOldOneAndNothingEmptiesIt) {
  RunConfig config;
  config.mutable_network()->add_hidden(7);
  ASSERT_TRUE(ApplyOverride("network.hidden=1, 2,3", &config).ok());
  EXPECT_EQ(config.network().hidden_size(), 3);
  ASSERT_TRUE(ApplyOverride("network.hidden=", &config).ok());
  EXPECT_EQ(config.network().hidden_size(), 0);
}

TEST(ApplyOverride, TextKeepsItsEqualsSigns) {
  RunConfig config;
  ASSERT_TRUE(ApplyOverride("name=a=b", &config).ok());
  EXPECT_EQ(config.name(), "a=b");
}

TEST(ApplyOverride, EnumsMayBeInLowerCase) {
  RunConfig config;
  ASSERT_TRUE(ApplyOverride("algorithm.reduction=mean", &config).ok());
  EXPECT_EQ(config.algorithm().reduction(), AlgorithmConfig::MEAN);
}

TEST(ApplyOverride, UnknownFieldGetsTheNearestRightPath) {
  EXPECT_EQ(ErrorOf("algorithm.discuont=1"),
            "unknown field 'algorithm.discuont'; did you mean 'algorithm.discount'?");
  EXPECT_EQ(ErrorOf("algoritm.discount=1"),
            "unknown field 'algoritm.discount'; did you mean 'algorithm.discount'?");
  EXPECT_EQ(ErrorOf("learning_rate=1"),
            "unknown field 'learning_rate'; did you mean 'optimizer.learning_rate'?");
  EXPECT_EQ(ErrorOf("device.kind=1"), "unknown field 'device.kind'; did you mean 'device'?");
}

TEST(ApplyOverride, GroupIsNotAField) {
  EXPECT_EQ(ErrorOf("environment=Catch"),
            "'environment' is a group of fields; name one of environment.id, "
            "environment.step_wait_seconds, environment.step_timeout_seconds");
}

TEST(ApplyOverride, WrongValueNamesFieldAndType) {
  EXPECT_EQ(ErrorOf("batch.columns=many"), "batch.columns='many': expected whole number");
  EXPECT_EQ(ErrorOf("batch.columns=1.5"), "batch.columns='1.5': expected whole number");
  EXPECT_EQ(ErrorOf("batch.columns=3e9"), "batch.columns='3e9': expected whole number");
  EXPECT_EQ(ErrorOf("limits.frames=-1"), "limits.frames='-1': expected whole number, not negative");
  EXPECT_EQ(ErrorOf("limits.goal=high"), "limits.goal='high': expected number");
  EXPECT_EQ(ErrorOf("network.hidden=64,x"), "network.hidden='x': expected list of whole numbers");
  EXPECT_EQ(ErrorOf("network.shared_trunk=2"), "network.shared_trunk='2': expected true or false");
  EXPECT_EQ(ErrorOf("algorithm.reduction=maen"),
            "algorithm.reduction='maen': expected one of SUM, MEAN; did you mean 'MEAN'?");
}

TEST(ApplyOverride, NeedsAnEqualsSign) {
  EXPECT_EQ(ErrorOf("seed"), "'seed' is not of the form path.to.field=value");
}

TEST(Overlay, ReplacesWhatIsSetAndKeepsTheRest) {
  RunConfig base;
  base.mutable_network()->add_hidden(64);
  base.mutable_network()->set_activation("relu");
  base.mutable_algorithm()->set_discount(0.9);
  RunConfig over;
  over.mutable_network()->add_hidden(8);
  over.mutable_network()->add_hidden(4);
  over.set_seed(5);
  Overlay(over, &base);
  ASSERT_EQ(base.network().hidden_size(), 2);
  EXPECT_EQ(base.network().hidden(0), 8);
  EXPECT_EQ(base.network().activation(), "relu");
  EXPECT_EQ(base.algorithm().discount(), 0.9);
  EXPECT_EQ(base.seed(), 5u);
}

}  // namespace
}  // namespace nyala
