// What cannot work is refused with one clear line: ports, addresses, folders, checkpoints, disks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RefusalTest : public CommandTest {
 protected:
  // Changes one byte in the middle of a file.
  static void Corrupt(const std::string& path) {
    std::string data = ReadFile(path).value();
    data[data.size() / 2] = static_cast<char>(data[data.size() / 2] ^ 0x40);
    ASSERT_TRUE(WriteFile(path, data).ok());
  }
  std::vector<std::string> Resume() const {
    return {"train", "--resume", "--run=" + run_dir(), "--frames=10000"};
  }
};

TEST_F(RefusalTest, APortInUse) {
  const int port = FreePort();
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  const Finished finished = Run(Learner(port, {"--frames=5000"}));
  close(fd);
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(std::to_string(port)));
}

TEST_F(RefusalTest, ALearnerThatCannotBeReached) {
  const int port = FreePort();
  const Finished finished = Run(Actor(port));
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST_F(RefusalTest, ASecondLearnerOnOneRunFolder) {
  std::unique_ptr<Subprocess> first = Start(Train({}));
  ASSERT_TRUE(WaitForTraining(first.get())) << first->output();
  for (const std::vector<std::string>& arguments : {Resume(), Train({"--frames=5000"})}) {
    const Finished second = Run(arguments);
    EXPECT_EQ(second.status, 1) << second.err;
    EXPECT_THAT(second.err, HasSubstr("in use by process"));
  }
  EXPECT_TRUE(WaitForTraining(first.get())) << first->output();
}

TEST_F(RefusalTest, ACorruptCheckpoint) {
  TrainToTheEnd(run_dir());
  ASSERT_GE(Checkpoints().size(), 1u);
  const std::string newest = Checkpoints().back();
  Corrupt(newest + "/model.safetensors");
  for (const std::vector<std::string>& arguments :
       {Resume(), std::vector<std::string>{"eval", "--run=" + run_dir(), "--episodes=1"}}) {
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.status, 1) << finished.err;
    EXPECT_THAT(finished.err, AllOf(HasSubstr("model.safetensors"), HasSubstr("good checkpoint")));
  }
}

TEST_F(RefusalTest, ACheckpointOfAnotherNetwork) {
  TrainToTheEnd(run_dir());
  const std::string other = scratch_ / "other";
  const Finished trained = Run({"train", "--config=" + (scratch_ / "tiny.textproto"),
                                "--run=" + other, "--frames=5000", "--set", "network.hidden=8"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const std::string checkpoint = Checkpoints().back();
  ASSERT_TRUE(RemoveTree(run_dir() + "/checkpoints").ok());
  ASSERT_TRUE(Rename(other + "/checkpoints", run_dir() + "/checkpoints").ok());
  const Finished resumed = Run(Resume());
  EXPECT_EQ(resumed.status, 2) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("network.hidden (8 -> 16)"));
  // What does not fit cannot be forced.
  std::vector<std::string> forced = Resume();
  forced.push_back("--force");
  const Finished refused = Run(forced);
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("network"));
}

TEST_F(RefusalTest, ARunThatIsNotThere) {
  for (const std::vector<std::string>& arguments :
       {Resume(), std::vector<std::string>{"eval", "--run=" + run_dir(), "--episodes=1"}}) {
    const Finished finished = Run(arguments);
    EXPECT_NE(finished.status, 0);
    EXPECT_THAT(finished.err, HasSubstr(run_dir()));
    EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
  }
}

// Threads that could not be made: it span or hung for ever, without a word.
TEST_F(RefusalTest, TooLittleAddressSpace) {
  Subprocess::Options options = Command(Train({"--frames=10000"}));
  std::string line = "ulimit -v 1500000; exec";
  for (const std::string& word : options.argv) line += " '" + word + "'";
  options.argv = {"/bin/sh", "-c", line};
  const Finished finished = RunToEnd(options);
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("1.5 GB of address space (ulimit -v)"));
}

TEST_F(RefusalTest, AFullDisk) {
  const std::string disk = scratch_.Folder("disk");
  Subprocess::Options options = Command(Train({"--frames=10000", "--set", "network.hidden=128,128",
                                               "--set", "checkpoint.interval_updates=10"}));
  for (std::string& argument : options.argv) {
    if (argument == "--run=" + run_dir()) argument = "--run=" + disk + "/run";
  }
  // Less than two of this network's checkpoints.
  const Finished finished = RunToEnd(OnSmallDisk(options, disk, "500k", disk + "/run/checkpoints"));
  if (LacksRights(finished)) GTEST_SKIP() << "mounting a small file system needs rights";
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("No space left on device"));
  EXPECT_EQ(finished.out.find(".partial-"), std::string::npos) << finished.out;
}

}  // namespace
}  // namespace nyala
