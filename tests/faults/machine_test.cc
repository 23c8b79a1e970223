// What a machine has no room for is refused before anything is allocated, and what it has is used.
#include "common/system/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MachineTest : public CommandTest {
 protected:
  // Refused by both commands with these words, and nothing is left.
  void ExpectRefused(const std::vector<std::string>& more,
                     const ::testing::Matcher<std::string>& words) const {
    for (const std::vector<std::string>& arguments : {Train(more), Learner(FreePort(), more)}) {
      const Finished finished = Run(arguments);
      EXPECT_EQ(finished.status, 2) << finished.err;
      EXPECT_THAT(finished.err, words);
      EXPECT_FALSE(PathExists(run_dir()));
    }
  }
};

constexpr char kPictures[] = "--env=synthetic:custom,shape=3x1080x1920,dtype=uint8";

TEST_F(MachineTest, AnUnrollAboveTheMessageLimitIsRefusedAtStart) {
  ExpectRefused({kPictures},
                AllOf(HasSubstr("actor.envs_per_thread = 8"), HasSubstr("a message of 497.7 MB"),
                      HasSubstr("transport.max_message_bytes")));
}

TEST_F(MachineTest, BatchesAboveTheMemoryAreRefusedAtStart) {
  ExpectRefused({kPictures, "--envs-per-thread=1", "--set", "batch.columns=1e6", "--set",
                 "transport.max_message_bytes=2e9"},
                AllOf(HasSubstr("TB of memory (batches"), HasSubstr("lower batch.columns")));
}

TEST_F(MachineTest, ReplayAboveTheMemoryIsRefusedAtStart) {
  ExpectRefused({"--set", "batch.replay_fraction=0.5", "--set", "batch.replay_columns=1e8", "--env",
                 "synthetic:custom,shape=100000,dtype=uint8"},
                HasSubstr("lower batch.replay_columns"));
}

TEST_F(MachineTest, ANetworkAboveTheMemoryIsRefusedBeforeItIsMade) {
  std::string hidden = "65536";
  for (int i = 0; i < 100; ++i) hidden += ",65536";
  ExpectRefused({"--set", "network.hidden=" + hidden},
                AllOf(HasSubstr("parameters"), HasSubstr("smaller network")));
}

TEST_F(MachineTest, ASynchronousBatchAboveItsBoundIsRefusedAtStart) {
  ExpectRefused({"--algorithm=ppo", "--set", "batch.max_bytes=1000"},
                AllOf(HasSubstr("8 columns"), HasSubstr("batch.max_bytes = 1000")));
}

TEST_F(MachineTest, AGradientAboveTheMessageLimitIsRefusedAtStart) {
  ExpectRefused({"--algorithm=a3c", "--set", "network.hidden=256,256", "--set",
                 "transport.max_message_bytes=100000"},
                AllOf(HasSubstr("a gradient of"), HasSubstr("transport.max_message_bytes")));
}

TEST_F(MachineTest, ADiskWithoutRoomForOneCheckpointIsRefusedAtStart) {
  const std::string disk = scratch_.Folder("disk");
  Subprocess::Options options =
      Command({"train", "--config=" + (scratch_ / "tiny.textproto"), "--run=" + disk + "/run",
               "--frames=10000", "--set", "network.hidden=128,128"});
  const Finished finished = RunToEnd(OnSmallDisk(options, disk, "48k", disk));
  if (LacksRights(finished)) GTEST_SKIP() << "mounting a small file system needs rights";
  EXPECT_EQ(finished.status, 2) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("one checkpoint takes"), HasSubstr("kB left")));
  EXPECT_EQ(finished.out, "");
}

TEST_F(MachineTest, ALearnerSaysItsShards) {
  const Finished finished = Run(Train({"--frames=1000", "--set", "batch.shards=2"}));
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("2 trainer shards on "));
}

TEST_F(MachineTest, AnActorTakesTheCoresOfItsMachineAndSaysSo) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {"--frames=20000"}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  const int cores = UsableCores();
  const std::string threads = absl::StrCat(cores, " rollout thread", cores == 1 ? "" : "s");
  EXPECT_THAT(actor->err(), HasSubstr(absl::StrCat(threads, " of 8 environments; --threads=N")));
  EXPECT_THAT(actor->err(), HasSubstr(absl::StrCat("as actor 0: ", cores, " rollout threads")));
}

TEST_F(MachineTest, AnActorOfASynchronousRunTakesTheRunsThreadsAndSaysWhy) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner =
      Start(Learner(port, {"--frames=2000", "--algorithm=a2c", "--threads=3"}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  EXPECT_THAT(actor->err(), AllOf(HasSubstr("3 rollout threads of 8 environments as the run says"),
                                  HasSubstr("as actor 0: 3 rollout threads")));
}

TEST_F(MachineTest, AnActorTakesTheThreadsThatItIsGiven) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {"--frames=5000"}));
  std::vector<std::string> arguments = Actor(port);
  arguments.push_back("--threads=2");
  std::unique_ptr<Subprocess> actor = Start(arguments);
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  EXPECT_THAT(actor->err(), AllOf(HasSubstr("as actor 0: 2 rollout threads"),
                                  Not(HasSubstr("takes another number"))));
}

}  // namespace
}  // namespace nyala
