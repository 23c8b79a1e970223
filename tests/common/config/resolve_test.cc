#include "common/config/resolve.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace nyala {
namespace {

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(ResolveConfig, LaterSourcesWin) {
  ConfigRequest request;
  request.preset = "cartpole-impala";
  request.file = WriteFile("nyala_resolve_test.textproto",
                           "seed: 7 network { hidden: 16 } batch { columns: 8 slabs: 3 }");
  request.overrides = {"batch.columns=4", "batch.columns=5"};
  const auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->config.name(), "cartpole-impala");   // preset
  EXPECT_EQ(resolved->config.seed(), 7u);                  // file over default
  EXPECT_EQ(resolved->config.network().hidden_size(), 1);  // the file's list, not both
  EXPECT_EQ(resolved->config.batch().slabs(), 3);          // file over preset
  EXPECT_EQ(resolved->config.batch().columns(), 5);        // override over file
  EXPECT_TRUE(resolved->config.checkpoint().has_keep());   // default, written out
  EXPECT_FALSE(resolved->preset_picked);
}

TEST(ResolveConfig, APresetsGoalIsNotThatOfAnotherEnvironment) {
  ConfigRequest request;
  request.preset = "cartpole-impala";
  request.overrides = {"environment.id=Catch"};
  const auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_FALSE(resolved->config.limits().has_goal());
}

TEST(ResolveConfig, AnInfiniteGoalTakesBackThePresets) {
  ConfigRequest request;
  request.preset = "cartpole-impala";
  request.overrides = {"limits.goal=inf"};
  const auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_FALSE(resolved->config.limits().has_goal());
}

TEST(ResolveConfig, PicksThePresetNamedForEnvironmentAndAlgorithm) {
  ConfigRequest request;
  auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->preset, "cartpole-impala");
  EXPECT_TRUE(resolved->preset_picked);

  request.overrides = {"environment.id=CartPole-v1", "algorithm.name=a2c"};
  resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->preset, "cartpole-a2c");
  EXPECT_EQ(resolved->config.name(), "cartpole-a2c");
}

TEST(ResolveConfig, NoPresetFitsIsTheDefaults) {
  ConfigRequest request;
  request.overrides = {"environment.id=SomethingElse-v0"};
  const auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->preset, "");
  EXPECT_FALSE(resolved->config.has_name());
  EXPECT_EQ(resolved->config.environment().id(), "SomethingElse-v0");
}

TEST(ResolveConfig, AFileAloneIsNotPutOnTopOfAPreset) {
  ConfigRequest request;
  request.file = WriteFile("nyala_resolve_alone.textproto", "environment { id: 'CartPole-v1' }");
  const auto resolved = ResolveConfig(request);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->preset, "");
  EXPECT_FALSE(resolved->config.has_name());
}

TEST(ResolveConfig, ErrorsOfEverySourceComeThrough) {
  EXPECT_FALSE(ResolveConfig({"no-such-preset", "", {}}).ok());
  EXPECT_FALSE(ResolveConfig({"", "/nowhere.textproto", {}}).ok());
  EXPECT_FALSE(ResolveConfig({"", "", {"nonsense=1"}}).ok());
  const auto invalid = ResolveConfig({"", "", {"algorithm.discount=2"}});
  EXPECT_EQ(invalid.status().message(), "algorithm.discount is 2; it must be in [0, 1]");
}

TEST(ResolveResumed, KeepsTheEarlierConfigurationUnderTheOverrides) {
  const auto earlier = ResolveConfig({"cartpole-a2c", "", {"seed=5"}});
  ASSERT_TRUE(earlier.ok());
  const auto resumed = ResolveResumed(earlier->config, {"limits.frames=9e6"});
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ(resumed->seed(), 5u);
  EXPECT_EQ(resumed->algorithm().name(), "a2c");
  EXPECT_EQ(resumed->limits().frames(), 9000000u);
  EXPECT_FALSE(ResolveResumed(earlier->config, {"batch.slabs=0"}).ok());
}

}  // namespace
}  // namespace nyala
