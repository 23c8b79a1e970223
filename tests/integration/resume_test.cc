// Resuming: a synchronous run that was stopped and resumed ends bit for bit where one that was
// never stopped does, and a new goal is trained for; run folders of earlier builds go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

// A safetensors file without its JSON header, which names the run. The header's length comes first,
// in 8 bytes, the lowest one first. Empty when the file is not one.
std::string Payload(const std::string& path) {
  const std::string file = ReadFile(path).value_or("");
  if (file.size() < 8) return "";
  uint64_t header = 0;
  for (int i = 7; i >= 0; --i) header = header << 8 | static_cast<unsigned char>(file[i]);
  return header < file.size() - 8 ? file.substr(8 + header) : "";
}

using ::testing::HasSubstr;

class ResumeTest : public CommandTest {
 protected:
  struct Weights {
    std::string model, optimizer;
  };

  static std::string Updates(int updates) { return "limits.updates=" + std::to_string(updates); }
  std::string preset_ = "cartpole-a2c";

  // A synchronous run with one actor of so many updates.
  std::vector<std::string> Synchronous(int updates, const std::string& run_dir) const {
    return {"train",
            "--preset=" + preset_,
            "--run=" + run_dir,
            "--actors=1",
            "--seed=3",
            "--goal=1e9",
            "--set",
            Updates(updates),
            "--set",
            "metrics.interval_seconds=0.05"};
  }
  // Status 3: the goal is out of reach.
  void TrainStraight(int updates, const std::string& run_dir) const {
    const Finished finished = Run(Synchronous(updates, run_dir));
    ASSERT_EQ(finished.status, 3) << finished.out << finished.err;
    ASSERT_EQ(SummaryOf(run_dir).at("updates").get<int>(), updates);
  }
  void ResumeTo(int updates) const {
    const Finished finished =
        Run({"train", "--resume", "--run=" + run_dir(), "--set", Updates(updates)});
    ASSERT_EQ(finished.status, 3) << finished.out << finished.err;
    ASSERT_EQ(Summary().at("updates").get<int>(), updates);
  }
  // Weights in the newest checkpoint.
  static Weights WeightsOf(const std::string& run_dir) {
    const std::vector<std::string> checkpoints = CheckpointsOf(run_dir);
    if (checkpoints.empty()) return {};
    return {Payload(checkpoints.back() + "/model.safetensors"),
            Payload(checkpoints.back() + "/optimizer.safetensors")};
  }
  // Not EXPECT_EQ, which would print the bytes.
  static void ExpectSame(const Weights& a, const Weights& b) {
    EXPECT_FALSE(a.model.empty());
    EXPECT_FALSE(a.optimizer.empty());
    EXPECT_TRUE(a.model == b.model) << "the models differ";
    EXPECT_TRUE(a.optimizer == b.optimizer) << "the optimizers' states differ";
  }
};

TEST_F(ResumeTest, AfterABudgetIsBitIdentical) {
  const std::string straight = scratch_ / "straight";
  ASSERT_NO_FATAL_FAILURE(TrainStraight(60, straight));
  ASSERT_NO_FATAL_FAILURE(TrainStraight(23, run_dir()));
  // So that what follows compares something.
  EXPECT_FALSE(WeightsOf(straight).model == WeightsOf(run_dir()).model);
  ASSERT_NO_FATAL_FAILURE(ResumeTo(60));
  ExpectSame(WeightsOf(straight), WeightsOf(run_dir()));
}

TEST_F(ResumeTest, OfPpoIsBitIdentical) {
  preset_ = "cartpole-ppo";
  const std::string straight = scratch_ / "straight";
  ASSERT_NO_FATAL_FAILURE(TrainStraight(12, straight));
  ASSERT_NO_FATAL_FAILURE(TrainStraight(5, run_dir()));
  ASSERT_NO_FATAL_FAILURE(ResumeTo(12));
  ExpectSame(WeightsOf(straight), WeightsOf(run_dir()));
}

TEST_F(ResumeTest, AfterTerminationsIsBitIdentical) {
  constexpr int kUpdates = 1000;
  const std::string straight = scratch_ / "straight";
  ASSERT_NO_FATAL_FAILURE(TrainStraight(kUpdates, straight));

  // Several, since each may fall between any two steps of an update.
  int updates = 0;
  for (int i = 0; i < 4; ++i) {
    std::unique_ptr<Subprocess> train =
        Start(i == 0 ? Synchronous(kUpdates, run_dir())
                     : std::vector<std::string>{"train", "--resume", "--run=" + run_dir()});
    ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
    train->Signal(SIGTERM);
    ASSERT_EQ(train->Wait(), 1) << train->output();
    const int before = updates;
    updates = Summary().at("updates").get<int>();
    ASSERT_GT(updates, before);
    ASSERT_LT(updates, kUpdates) << "the signal came too late to interrupt anything";
  }
  ASSERT_NO_FATAL_FAILURE(ResumeTo(kUpdates));
  ExpectSame(WeightsOf(straight), WeightsOf(run_dir()));
}

TEST_F(ResumeTest, WithAnotherGoalTrainsOnForThatGoal) {
  // Catch returns at least -1 and at most 1.
  const Finished first = Run(Train({"--goal=-1", "--frames=1000000"}));
  ASSERT_EQ(first.status, 0) << first.err;
  const nlohmann::json before = Summary();
  ASSERT_TRUE(before.at("goal_reached").get<bool>());

  const uint64_t frames = before.at("frames").get<uint64_t>() + 20000;
  const Finished resumed = Run({"train", "--resume", "--run=" + run_dir(), "--goal=100000",
                                "--frames=" + std::to_string(frames)});
  EXPECT_EQ(resumed.status, 3) << resumed.err;
  const nlohmann::json after = Summary();
  EXPECT_FALSE(after.at("goal_reached").get<bool>());
  EXPECT_TRUE(after.at("seconds_to_goal").is_null());
  EXPECT_TRUE(after.at("frames_to_goal").is_null());
  EXPECT_GE(after.at("frames").get<uint64_t>(), frames);
  EXPECT_GT(after.at("updates").get<uint64_t>(), before.at("updates").get<uint64_t>());
}

// A run folder that an earlier build left, with replayed columns: what is on the disk stays
// readable. A change of format keeps this one and adds its own.
TEST_F(ResumeTest, OfARunFromAnEarlierBuildGoesOn) {
  std::filesystem::copy(
      NYALA_SOURCE_DIR "/tests/data/run_from_before", run_dir(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  const nlohmann::json before = Summary();
  ASSERT_EQ(before.at("updates"), 299);
  ASSERT_GT(before.at("replayed_frames").get<uint64_t>(), 0u);
  const Finished resumed = Run({"train", "--resume", "--run=" + run_dir(), "--frames=3500"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resuming run 20261128-133616-16074e30 at update 299"));
  const nlohmann::json after = Summary();
  EXPECT_GE(after.at("frames").get<uint64_t>(), 3500u);
  EXPECT_GT(after.at("replayed_frames").get<uint64_t>(),
            before.at("replayed_frames").get<uint64_t>());
  EXPECT_GT(after.at("seconds").get<double>(), before.at("seconds").get<double>());
}

// Its last hundred episodes were another environment's.
TEST_F(ResumeTest, InAnotherEnvironmentTheGoalIsToBeReachedAnew) {
  const Finished first = Run(Train({"--env=CartPole-v1", "--goal=20", "--frames=1000000"}));
  ASSERT_EQ(first.status, 0) << first.err;
  ASSERT_TRUE(Summary().at("goal_reached").get<bool>());
  const uint64_t frames = Summary().at("frames").get<uint64_t>();
  const Finished resumed = Run({"train", "--resume", "--force", "--run=" + run_dir(),
                                "--env=CartPole-v0", "--frames=10000000"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_GT(Summary().at("frames_to_goal").get<uint64_t>(), frames);
}

}  // namespace
}  // namespace nyala
