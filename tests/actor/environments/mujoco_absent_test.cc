// A build without MuJoCo's headers: without_mujoco.cc takes the place of register_mujoco.cc here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor/environments/mujoco/mujoco.h"

namespace nyala {
namespace {

TEST(WithoutMujoco, NamesAreKnownAndSayWhatToInstall) {
  EnvironmentRegistry registry;
  RegisterMujoco(registry);
  EXPECT_THAT(registry.Names(), testing::Contains("Hopper-v4"));
  EXPECT_EQ(registry.families().count("mujoco:"), 1u);
  for (const char* const id : {"Hopper-v4", "mujoco:mine.textproto"}) {
    const absl::Status status = registry.Create(id).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(testing::HasSubstr(id), testing::HasSubstr("libmujoco-dev")));
  }
}

}  // namespace
}  // namespace nyala
