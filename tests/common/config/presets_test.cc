#include "common/config/presets.h"

#include <gtest/gtest.h>

#include "common/config/defaults.h"
#include "common/config/validate.h"

namespace nyala {
namespace {

TEST(Presets, EachIsValidDescribedAndNamedAsItsFile) {
  const std::vector<PresetInfo> presets = ListPresets();
  ASSERT_GE(presets.size(), 3u);
  for (const PresetInfo& preset : presets) {
    const auto config = LoadPreset(preset.name);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->name(), preset.name);
    EXPECT_FALSE(preset.description.empty()) << preset.name;
    EXPECT_EQ(preset.description, config->description());
    EXPECT_TRUE(Validate(*config).ok()) << preset.name << ": " << Validate(*config);
    EXPECT_EQ(PresetNamedFor(config->environment().id(), config->algorithm().name()), preset.name);
  }
}

TEST(Presets, UnknownNameGetsTheNearest) {
  const auto config = LoadPreset("cartpole-imapla");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(config.status().message(),
            "unknown preset 'cartpole-imapla'; did you mean 'cartpole-impala'?");
}

TEST(Presets, AreFoundByEnvironmentAndAlgorithm) {
  EXPECT_EQ(PresetNamedFor("CartPole-v1", "impala"), "cartpole-impala");
  EXPECT_EQ(PresetNamedFor("CartPole-v1", "a2c"), "cartpole-a2c");
  EXPECT_EQ(PresetNamedFor("Catch", "impala"), "catch-impala");
  EXPECT_EQ(PresetNamedFor("ALE/Breakout-v5,sticky=0", "impala"), "ale-impala");
  EXPECT_EQ(PresetNamedFor("MinAtar/Seaquest-v1"), "minatar-appo");
  EXPECT_EQ(PresetNamedFor("CartPole-v1", "sarsa"), "");
  EXPECT_EQ(PresetNamedFor("Chess-v1", "impala"), "");
  EXPECT_EQ(PresetNamedFor("Pendulum-v1"), "pendulum-appo");
  EXPECT_EQ(PresetNamedFor("Chess-v1"), "");
  EXPECT_EQ(PresetNamedFor("Recall"), "");
}

}  // namespace
}  // namespace nyala
