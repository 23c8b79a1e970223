#include "actor/environment_registry.h"
#include "tests/conformance/environment_conformance.h"

namespace nyala {
namespace {

INSTANTIATE_TEST_SUITE_P(Registered, EnvironmentConformance,
                         testing::ValuesIn(Environments().Names()), [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = std::isalnum(c) ? c : '_';
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(MujocoFile, EnvironmentConformance,
                         testing::Values("mujoco:" NYALA_MUJOCO_MODELS "/Hopper-v4.textproto"));

TEST(EnvironmentRegistry, NamesTheNearestEnvironment) {
  const auto made = Environments().Create("CartPol-v1");
  EXPECT_TRUE(absl::IsNotFound(made.status()));
  EXPECT_NE(made.status().message().find("did you mean 'CartPole-v1'"), std::string::npos);
}

}  // namespace
}  // namespace nyala
