// A disk that hangs while checkpoints are written: training goes on, and it is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

class HungDiskTest : public CommandTest {
 protected:
  std::unique_ptr<Subprocess> StartOnDisk(const std::vector<std::string>& arguments) {
    Subprocess::Options options = Command(arguments);
    options.environment["LD_PRELOAD"] = NYALA_HUNG_DISK_LIBRARY;
    options.environment["NYALA_HUNG_DISK"] = hung_;
    return std::make_unique<Subprocess>(options);
  }
  void Hang() { ASSERT_TRUE(WriteFile(hung_, "").ok()); }
  void LetGo() { ASSERT_TRUE(RemoveTree(hung_).ok()); }

  const std::string hung_ = scratch_ / "hung";
};

TEST_F(HungDiskTest, TrainingGoesOnAndItIsSaidAndTheLastCheckpointIsWritten) {
#ifdef NYALA_SANITIZED
  GTEST_SKIP() << "the sanitizers want to be loaded first";
#endif
  std::unique_ptr<Subprocess> train = StartOnDisk(Train({}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  Hang();
  ASSERT_TRUE(train->WaitForOutput("has been writing for ")) << train->output();
  EXPECT_THAT(train->output(), HasSubstr("s to " + run_dir() + "/checkpoints; training goes on"));
  const size_t checkpoints = Checkpoints().size();
  // Many times the interval of checkpoints.
  ASSERT_TRUE(WaitForTraining(train.get(), 20'000)) << train->output();
  EXPECT_EQ(Checkpoints().size(), checkpoints);

  train->Signal(SIGTERM);
  ASSERT_TRUE(train->WaitForOutput("the run ends when its last one is written")) << train->output();
  LetGo();
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_THAT(train->output(), HasSubstr("was written after "));
  const uint64_t updates = Summary().at("updates").get<uint64_t>();
  EXPECT_THAT(Checkpoints().back(), HasSubstr(std::to_string(updates)));
}

}  // namespace
}  // namespace nyala
