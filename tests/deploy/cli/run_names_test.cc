#include "deploy/cli/run_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

TEST(DefaultRunDir, NamesEnvironmentAlgorithmAndTimeAndIsNew) {
  const ScratchDir scratch;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  RunConfig config;
  config.mutable_environment()->set_id("ALE/Pong-v5");
  config.mutable_algorithm()->set_name("a2c");
  const std::string first = DefaultRunDir(config, 1'700'000'000);
  EXPECT_TRUE(std::regex_match(first, std::regex("runs/ALE_Pong-v5-a2c-[0-9]{8}-[0-9]{6}")))
      << first;
  ASSERT_TRUE(MakeDirs(first).ok());
  EXPECT_EQ(DefaultRunDir(config, 1'700'000'000), first + "-2");
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace nyala
