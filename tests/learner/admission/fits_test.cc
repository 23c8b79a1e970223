#include "learner/admission/fits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kGigabyte = 1'000'000'000;

// A machine that has more than enough of all but what a test takes away.
MachineRoom Room(int64_t memory_gigabytes = 1000) {
  return {memory_gigabytes * kGigabyte, 1000 * kGigabyte};
}

// A run of small vectors with the default configuration.
RunSize Size(const char* algorithm = "impala") {
  RunSize size;
  size.config.mutable_algorithm()->set_name(algorithm);
  size.run_dir = "runs/x";
  size.unroll.T = size.config.batch().unroll_length();
  size.unroll.E = size.config.actor().envs_per_thread();
  size.unroll.observation.shape = {4};
  size.columns = size.unroll.E;
  size.parameters = size.gradient_values = 5000;
  return size;
}

// The same of high-definition pictures, in messages that are large enough for them.
RunSize Pictures(const char* algorithm = "impala") {
  RunSize size = Size(algorithm);
  size.unroll.observation.dtype = DType::kUint8;
  size.unroll.observation.shape = {3, 1080, 1920};
  size.unroll.E = 1;
  size.config.mutable_transport()->set_max_message_bytes(2147483647);
  return size;
}

std::string Refused(const RunSize& size, const MachineRoom& room) {
  const absl::Status status = CheckFits(size, room, nullptr);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(status.message().find('\n'), absl::string_view::npos);
  return std::string(status.message());
}

TEST(CheckFits, ASmallRunFitsASmallMachine) {
  for (const char* algorithm : {"impala", "a2c", "a3c", "cem"}) {
    RunSize size = Size(algorithm);
    size.actors_here = true;
    size.config.mutable_actor()->set_actors(2);
    std::vector<std::string> notes;
    EXPECT_TRUE(CheckFits(size, {100'000'000, 1'000'000}, &notes).ok()) << algorithm;
    EXPECT_THAT(notes, IsEmpty()) << algorithm;
  }
}

TEST(CheckFits, RefusesBatchesBeyondTheMemory) {
  // 2 slabs of 32 columns of 21 pictures.
  EXPECT_EQ(Refused(Pictures(), Room(8)),
            "the run takes at least 8.4 GB of memory (batches 8.4 GB) but there is 8.0 GB on this "
            "machine or for its cgroup; lower batch.columns, batch.unroll_length or batch.slabs");
  EXPECT_EQ(Refused(Pictures(), Room(9)), "");
}

TEST(CheckFits, SaysWhatComesClose) {
  std::vector<std::string> notes;
  EXPECT_TRUE(CheckFits(Pictures(), Room(9), &notes).ok());
  EXPECT_THAT(notes, ElementsAre("the run takes at least 8.4 GB of memory (batches 8.4 GB) of the "
                                 "9.0 GB there is"));
  notes.clear();
  EXPECT_TRUE(CheckFits(Pictures(), Room(20), &notes).ok());
  EXPECT_THAT(notes, IsEmpty());
}

TEST(CheckFits, CountsReplayParametersAndActorsOfThisMachine) {
  RunSize size = Pictures();
  size.config.mutable_batch()->set_columns(1);
  size.config.mutable_batch()->set_replay_fraction(0.5);
  size.config.mutable_batch()->set_replay_columns(100);
  EXPECT_THAT(Refused(size, Room(13)),
              AllOf(HasSubstr("replay 13.1 GB"), HasSubstr("lower batch.replay_columns")));

  size = Size();
  size.parameters = kGigabyte;
  size.shards = 2;
  // Values, snapshot, 2 gradients, 1 average and what RMSProp computes its step in.
  EXPECT_THAT(Refused(size, Room(23)),
              AllOf(HasSubstr("parameters 24.0 GB"), HasSubstr("smaller network")));
  EXPECT_EQ(Refused(size, Room(25)), "");

  size = Pictures();
  size.config.mutable_batch()->set_columns(1);
  size.config.mutable_actor()->set_actors(64);
  // Elsewhere they take none of this machine's, but what they send does.
  EXPECT_THAT(Refused(size, Room(8)), HasSubstr("transport.memory_bytes allows"));
  size.actors_here = true;
  EXPECT_THAT(Refused(size, Room(8)),
              AllOf(HasSubstr("actors 8.4 GB"), HasSubstr("lower actor.actors")));
}

TEST(CheckFits, RefusesASynchronousBatchAboveItsBound) {
  RunSize size = Pictures("ppo");
  size.columns = 10;
  EXPECT_EQ(Refused(size, Room(2)),
            "the batch of the 10 columns of the actors takes 1.3 GB, more than batch.max_bytes = 0 "
            "allows (1.0 GB, half of the memory); lower actor.actors, actor.threads, "
            "actor.envs_per_thread or batch.unroll_length, or raise batch.max_bytes");
  EXPECT_EQ(Refused(size, Room(3)), "");
  size.config.mutable_batch()->set_max_bytes(kGigabyte);
  EXPECT_THAT(Refused(size, Room(3)), HasSubstr("batch.max_bytes = 1000000000 allows (1.0 GB)"));
  size.config.mutable_batch()->set_max_bytes(2 * kGigabyte);
  EXPECT_EQ(Refused(size, Room(2)), "");
}

TEST(CheckFits, RefusesAnUnrollAboveTheMessageLimit) {
  RunSize size = Pictures();
  size.unroll.E = 32;
  size.config.mutable_transport()->set_max_message_bytes(300'000'000);
  EXPECT_THAT(Refused(size, Room()),
              AllOf(HasSubstr("actor.envs_per_thread = 32"), HasSubstr("4.2 GB"),
                    HasSubstr("transport.max_message_bytes = 300000000"),
                    HasSubstr("lower actor.envs_per_thread to 2,")));
}

// Six actors died of it one after another, with advice to raise another field; or none ever joined.
TEST(CheckFits, RefusesMemoryForMessagesThatHoldsNone) {
  RunSize size = Size();
  size.unroll.E = 16;
  size.config.mutable_actor()->set_actors(2);
  size.config.mutable_transport()->set_memory_bytes(20000);
  EXPECT_THAT(Refused(size, Room(8)),
              AllOf(HasSubstr("2 rollout threads take at least 319360 bytes"),
                    HasSubstr("more than the 20000 that transport.memory_bytes allows")));
  size.config.mutable_transport()->set_memory_bytes(320'000);
  EXPECT_EQ(Refused(size, Room(8)), "");
  size.config.mutable_actor()->set_threads(2);
  EXPECT_THAT(Refused(size, Room(8)), HasSubstr("4 rollout threads"));
  // As much as no machine has.
  size.config.mutable_transport()->set_memory_bytes(int64_t{2000} * kGigabyte);
  EXPECT_THAT(Refused(size, Room()), AllOf(HasSubstr("transport.memory_bytes is 2000000000000"),
                                           HasSubstr("but there is 1.0 TB")));
}

TEST(CheckFits, RefusesMessagesBeyondWhatTheMachineHasForThem) {
  RunSize size = Pictures();
  size.config.mutable_actor()->set_actors(40);
  // Three messages of 130 MB a stream, where a quarter of 60 GB is there.
  EXPECT_THAT(Refused(size, Room(60)), HasSubstr("transport.memory_bytes allows"));
  EXPECT_EQ(Refused(size, Room(64)), "");
}

TEST(CheckFits, RefusesAGradientAboveTheMessageLimit) {
  RunSize size = Size("a3c");
  size.gradient_values = 20'000'000;
  EXPECT_THAT(Refused(size, Room()), AllOf(HasSubstr("20000000 values"), HasSubstr("80.0 MB"),
                                           HasSubstr("transport.max_message_bytes")));
  // Parameters alone have no such limit.
  size = Size();
  size.parameters = 20'000'000;
  EXPECT_EQ(Refused(size, Room()), "");
}

TEST(CheckFits, RefusesADiskWithoutRoomForACheckpoint) {
  RunSize size = Size();
  size.parameters = 1'000'000;
  size.config.mutable_optimizer()->set_name("adam");
  MachineRoom room = Room();
  room.disk_bytes = 11'000'000;
  EXPECT_EQ(
      Refused(size, room),
      "one checkpoint takes 12.0 MB but the file system of runs/x has 11.0 MB left; free some, "
      "or choose another --run");
  room.disk_bytes = 13'000'000;
  EXPECT_EQ(Refused(size, room), "");
  size = Pictures();
  size.config.mutable_batch()->set_replay_fraction(0.5);
  size.config.mutable_checkpoint()->set_replay(true);
  room.disk_bytes = kGigabyte;
  EXPECT_THAT(Refused(size, room), HasSubstr("checkpoint.replay=false"));
}

TEST(CheckFits, HugeFiguresDoNotOverflow) {
  RunSize size = Pictures();
  size.config.mutable_batch()->set_columns(1'000'000);
  size.unroll.T = 1'000'000;
  EXPECT_THAT(Refused(size, Room()), HasSubstr("transport.max_message_bytes"));
  size.unroll.T = 20;
  size.config.mutable_batch()->set_slabs(1000);
  EXPECT_THAT(Refused(size, Room()), HasSubstr("lower batch.columns"));
}

TEST(LeastParameters, AreThoseOfTheConfiguredWidths) {
  RunConfig config;
  config.mutable_network()->add_hidden(100);
  config.mutable_network()->add_hidden(50);
  TensorSpec observation;
  observation.shape = {10};
  EXPECT_EQ(LeastParameters(config, observation), 10 * 100 + 100 * 50);
  config.mutable_network()->set_core("lstm");
  config.mutable_network()->set_core_size(8);
  EXPECT_EQ(LeastParameters(config, observation), 6000 + 4 * 8 * (50 + 8));
  config.mutable_network()->set_name("nature");
  EXPECT_EQ(LeastParameters(config, observation), 0);
}

TEST(MeasureMachine, LooksWhereTheRunFolderWillBe) {
  ScratchDir dir;
  const MachineRoom there = MeasureMachine(dir / "not/yet");
  EXPECT_GT(there.memory_bytes, 0);
  EXPECT_GT(there.disk_bytes, 0);
  EXPECT_GT(MeasureMachine("runs/not/yet").disk_bytes, 0);
}

}  // namespace
}  // namespace nyala
