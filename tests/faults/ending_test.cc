// How runs end when something is in the way: a reader that does not read, a checkpoint that cannot
// be written, training that fails.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A pipe that is full and that nobody reads.
class FullPipe {
 public:
  FullPipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) ADD_FAILURE() << "no pipe";
    fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    while (write(ends_[1], "x", 1) == 1) {
    }
    fcntl(ends_[1], F_SETFL, 0);
  }
  ~FullPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int writer() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
};

class BlockedOutputTest : public CommandTest {
 protected:
  std::unique_ptr<Subprocess> StartUnread(const std::vector<std::string>& arguments) {
    Subprocess::Options options = Command(arguments);
    options.err_fd = pipe_.writer();
    return std::make_unique<Subprocess>(options);
  }
  FullPipe pipe_;
};

TEST_F(BlockedOutputTest, TrainingGoesOnAndASignalEndsItWithACheckpoint) {
  std::unique_ptr<Subprocess> train =
      StartUnread(Train({"--set", "checkpoint.interval_seconds=0"}));
  ASSERT_TRUE(WaitForTraining(train.get(), 5000));
  ASSERT_TRUE(WaitForTraining(train.get(), 5000));
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 1);
  ExpectNothingLeft(train.get());
  EXPECT_THAT(Summary().at("exit_reason").get<std::string>(), HasSubstr("SIGTERM"));
  EXPECT_EQ(Checkpoints().size(), 1u);
}

TEST_F(BlockedOutputTest, ATimeLimitHolds) {
  std::unique_ptr<Subprocess> train = StartUnread(Train({"--set", "limits.seconds=2"}));
  EXPECT_EQ(train->Wait(), 0);
  EXPECT_EQ(Summary().at("exit_reason"), "time budget used");
}

TEST_F(BlockedOutputTest, LearnerAndActorAloneEndToo) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = StartUnread(Learner(port, {"--frames=5000"}));
  std::unique_ptr<Subprocess> actor = StartUnread(Actor(port));
  EXPECT_EQ(learner->Wait(), 0);
  EXPECT_EQ(actor->Wait(), 0);
  EXPECT_EQ(Checkpoints().empty(), false);
}

class DismissalTest : public CommandTest {
 protected:
  // The run reaches `limit`, and its last checkpoint cannot be written.
  void ExpectToldOfAFailure(const std::string& limit) {
    const int port = FreePort();
    std::unique_ptr<Subprocess> actor = Start(Actor(port));
    // Then it is quick to join.
    ASSERT_TRUE(actor->WaitForOutput("trying again")) << actor->output();
    std::unique_ptr<Subprocess> learner =
        Start(Learner(port, {"--set", limit, "--set", "checkpoint.interval_seconds=0", "--set",
                             "transport.reconnect_seconds=0.5"}));
    ASSERT_TRUE(learner->WaitForOutput("actors join with")) << learner->output();
    ASSERT_TRUE(RemoveTree(run_dir() + "/checkpoints").ok());
    ASSERT_TRUE(WriteFile(run_dir() + "/checkpoints", "no folder").ok());
    EXPECT_EQ(learner->Wait(), 1) << learner->output();
    EXPECT_EQ(actor->Wait(), 1) << actor->output();
    EXPECT_THAT(actor->err(), HasSubstr("the learner stopped: checkpoint"));
  }
};

// The run's end and the failure of its last checkpoint: only the latter counts.
TEST_F(DismissalTest, ALastCheckpointThatFailsIsNoEndOfTheRun) {
  ExpectToldOfAFailure("limits.frames=20000");
}

TEST_F(DismissalTest, NorIsItWhenTheTimeIsOver) { ExpectToldOfAFailure("limits.seconds=10"); }

TEST_F(DismissalTest, ALearnerThatFailsSaysSoToItsActors) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(
      port, {"--set", "optimizer.learning_rate=1e30", "--set", "transport.reconnect_seconds=0.5"}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  EXPECT_EQ(learner->Wait(), 1) << learner->output();
  EXPECT_EQ(actor->Wait(), 1) << actor->output();
  EXPECT_THAT(actor->err(), AllOf(HasSubstr("the learner stopped: "), HasSubstr("joining again")));
}

TEST_F(DismissalTest, ALearnerThatIsInterruptedSaysSoToItsActors) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  learner->Signal(SIGTERM);
  EXPECT_EQ(learner->Wait(), 1) << learner->output();
  EXPECT_TRUE(actor->WaitForOutput("the learner stopped: terminated (SIGTERM)")) << actor->output();
}

TEST_F(DismissalTest, ActorsOfAnInterruptedLauncherSayNothing) {
  std::unique_ptr<Subprocess> train = Start(Train({"--actors=2"}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 1) << train->output();
  EXPECT_THAT(train->err(), Not(HasSubstr("joining again")));
}

}  // namespace
}  // namespace nyala
