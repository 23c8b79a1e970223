#include "actor/plugin_loader.h"

#include <gmock/gmock.h>

#include "common/system/file.h"
#include "tests/conformance/environment_conformance.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string PathOf(const std::string& name) {
  return std::string(NYALA_PLUGINS) + "/libplugin_" + name + ".so";
}

// What is said of the plug-in; the registry is as it was before.
std::string Refusal(const std::string& path, absl::StatusCode code) {
  EnvironmentRegistry registry;
  registry.Register("CartPole-v1", [] { return std::unique_ptr<Environment>(); });
  const absl::Status status = LoadPlugin(path, registry);
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_EQ(registry.Names().size(), 1u);
  const std::string message(status.message());
  EXPECT_THAT(message, AllOf(HasSubstr("plug-in " + path), Not(HasSubstr("\n"))));
  return message;
}

TEST(PluginLoader, AddsEnvironmentsAndFamilies) {
  EnvironmentRegistry registry;
  ASSERT_TRUE(LoadPlugin(PathOf("one"), registry).ok());
  EXPECT_EQ(registry.families().at("plugin_one:"), "ANY");
  const int32_t action = 0;
  float observation = -1;
  for (const auto& [id, reward] : {std::pair("PluginOne-v0", 1.0f), std::pair("plugin_one:x", 2.0f),
                                   std::pair("plugin_one:x,reward=2.5", 2.5f)}) {
    const auto made = registry.Create(id);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ((*made)->spec().id, id);
    (*made)->Reset(1, ObservationRef{&observation});
    EXPECT_GT(observation, 0);
    EXPECT_EQ((*made)->Step(ActionRef{&action}, ObservationRef{&observation}).reward, reward);
    std::string state;
    EXPECT_TRUE(absl::IsUnimplemented((*made)->SaveState(&state)));
  }
  EXPECT_THAT(std::string(registry.Create("plugin_one:x,rewrad=1").status().message()),
              HasSubstr("did you mean 'reward'?"));
}

// As `--plugin` does.
class WithPlugin : public testing::Environment {
  void SetUp() override {
    const absl::Status status = LoadPlugin(PathOf("one"), Environments());
    ASSERT_TRUE(status.ok()) << status;
  }
};
testing::Environment* const with_plugin = testing::AddGlobalTestEnvironment(new WithPlugin);

INSTANTIATE_TEST_SUITE_P(Plugin, EnvironmentConformance,
                         testing::Values("PluginOne-v0", "plugin_one:x,reward=2.5"));

TEST(PluginLoader, ABareNameIsAFileHere) {
  EXPECT_THAT(Refusal("libplugin_nowhere.so", absl::StatusCode::kNotFound),
              HasSubstr("No such file or directory"));
}

TEST(PluginLoader, WhatIsNoPluginIsNamed) {
  ScratchDir scratch;
  Refusal(scratch / "none.so", absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteFile(scratch / "text.so", "#!/bin/sh\n").ok());
  EXPECT_THAT(Refusal(scratch / "text.so", absl::StatusCode::kInvalidArgument),
              HasSubstr("is not a shared library"));
  EXPECT_THAT(Refusal(scratch.path(), absl::StatusCode::kInvalidArgument),
              HasSubstr("is not a shared library"));
  EXPECT_THAT(Refusal(PathOf("plain"), absl::StatusCode::kInvalidArgument),
              HasSubstr("has no NYALA_PLUGIN(registry)"));
}

TEST(PluginLoader, AnotherVersionIsRefused) {
  EXPECT_THAT(Refusal(PathOf("earlier"), absl::StatusCode::kFailedPrecondition),
              HasSubstr("was built for nyala 0.0.1, this is nyala "));
}

TEST(PluginLoader, MissingCodeIsNamed) {
  EXPECT_THAT(Refusal(PathOf("missing"), absl::StatusCode::kFailedPrecondition),
              AllOf(HasSubstr("NobodyHasThis"), HasSubstr("nyala_plugin(")));
}

TEST(PluginLoader, AnIdThatIsTakenIsRefusedAndNothingIsAdded) {
  EXPECT_THAT(Refusal(PathOf("taken"), absl::StatusCode::kAlreadyExists),
              HasSubstr("environment 'CartPole-v1' exists already"));
}

TEST(PluginLoader, AnExceptionIsALine) {
  EXPECT_THAT(Refusal(PathOf("throwing"), absl::StatusCode::kInternal),
              HasSubstr("no licence was found"));
}

TEST(PluginLoader, ARegistrationThatCannotBeIsALine) {
  EXPECT_THAT(Refusal(PathOf("twice"), absl::StatusCode::kAlreadyExists),
              HasSubstr("environment 'PluginTwice-v0' is registered twice"));
}

TEST(PluginLoader, AnUnknownEnvironmentPointsToPlugins) {
  EXPECT_THAT(std::string(Environments().Create("CartPol-v1").status().message()),
              AllOf(HasSubstr("did you mean 'CartPole-v1'?"), HasSubstr("--plugin=FILE")));
}

}  // namespace
}  // namespace nyala
