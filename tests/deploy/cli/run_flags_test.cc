#include "deploy/cli/run_flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace nyala {
namespace {

absl::StatusOr<RunRequest> Parse(std::vector<std::string> arguments) {
  CLI::App app;
  RunFlags flags;
  flags.AddTo(app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(std::move(arguments));
  return flags.Request();
}

TEST(RunFlags, FlagsThatStandForAFieldBecomeOverridesAfterSet) {
  const auto request =
      Parse({"--env=Catch", "--frames", "1e6", "--goal", "-5", "--set", "batch.columns=4",
             "--set=network.hidden=64,64", "--actors=3", "--threads=2", "--envs-per-thread=8",
             "--device=cuda", "--algorithm=a2c", "--seed=9"});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->overrides,
            (std::vector<std::string>{
                "batch.columns=4", "network.hidden=64,64", "environment.id=Catch",
                "algorithm.name=a2c", "limits.frames=1e6", "limits.goal=-5", "seed=9",
                "device=cuda", "actor.actors=3", "actor.threads=2", "actor.envs_per_thread=8"}));
}

TEST(RunFlags, TheOthersAreCarriedOver) {
  const auto request =
      Parse({"--preset=p", "--config=c.textproto", "--run=runs/x", "--resume", "--force"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->preset, "p");
  EXPECT_EQ(request->config_file, "c.textproto");
  EXPECT_EQ(request->run_dir, "runs/x");
  EXPECT_TRUE(request->resume);
  EXPECT_TRUE(request->force);
  EXPECT_TRUE(request->overrides.empty());
  EXPECT_FALSE(Parse({})->resume);
}

TEST(RunFlags, WrongValueNamesTheFlag) {
  const auto request = Parse({"--frames=many"});
  EXPECT_EQ(request.status().message(),
            "--frames: limits.frames='many': expected whole number, not negative");
}

}  // namespace
}  // namespace nyala
