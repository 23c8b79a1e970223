// What peers of a learner cannot do to a run: slow ones, silent ones, lying ones, through the
// binary.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "common/base/thread.h"
#include "common/rl/episode_rows.h"
#include "common/wire/client/client.h"
#include "nyala/learner.grpc.pb.h"
#include "tests/support/command_test.h"
#include "tests/support/reflection.h"

namespace nyala {
namespace {

using testing::HasSubstr;
using testing::Not;

class PeersTest : public CommandTest {
 protected:
  // `nyala learner` (or another binary that is one) on Catch, or what `more` says.
  std::unique_ptr<Subprocess> StartLearner(const std::vector<std::string>& more,
                                           const std::string& binary = "") {
    Subprocess::Options options = Command(Learner(port_, more));
    if (!binary.empty()) options.argv[0] = binary;
    auto learner = std::make_unique<Subprocess>(options);
    EXPECT_TRUE(learner->WaitForOutput("actors join with")) << learner->output();
    return learner;
  }
  std::unique_ptr<Subprocess> StartActor(const std::string& binary = "",
                                         const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = Actor(port_);
    arguments.insert(arguments.end(), more.begin(), more.end());
    Subprocess::Options options = Command(arguments);
    if (!binary.empty()) options.argv[0] = binary;
    return std::make_unique<Subprocess>(options);
  }

  // A peer in this process that speaks the protocol and does what a test wants.
  std::unique_ptr<GrpcLearnerClient> Peer() const {
    LearnerClientOptions options;
    options.address = "127.0.0.1:" + std::to_string(port_);
    auto client = GrpcLearnerClient::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  std::string TokenFile() const {
    std::ofstream(scratch_ / "token") << "secret";
    return scratch_ / "token";
  }
  static JoinRequest Request(uint64_t key) {
    JoinRequest request;
    request.actor_key = key;
    request.host = "test";
    request.threads = 1;
    request.envs_per_thread = 2;
    return request;
  }

  // The newest row of metrics.jsonl.
  nlohmann::json Metrics() const {
    std::ifstream file(run_dir() + "/metrics.jsonl");
    std::string line, last = "{}";
    while (std::getline(file, line)) last = line;
    return nlohmann::json::parse(last, nullptr, false);
  }

  const int port_ = FreePort();
};

// Its place was given away while it made its environments; then both actors drowned in
// "duplicates".
TEST_F(PeersTest, ASlowStarterKeepsItsPlace) {
  const std::string once = scratch_ / "made";
  const auto learner = StartLearner({"--env=Faulty,fault=slow_making,once=" + once,
                                     "--envs-per-thread=4", "--set", "transport.lease_seconds=0.3"},
                                    NYALA_FAULTY_BINARY);
  unlink(once.c_str());  // the learner has made one to describe it
  const auto slow = StartActor(NYALA_FAULTY_BINARY);
  ASSERT_TRUE(learner->WaitForOutput("actor 0 (")) << learner->output();
  const auto quick = StartActor(NYALA_FAULTY_BINARY);
  ASSERT_TRUE(slow->WaitForOutput("joined run")) << slow->output();
  ASSERT_TRUE(quick->WaitForOutput("joined run")) << quick->output();
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  slow->Signal(SIGTERM);
  EXPECT_EQ(slow->Wait(), 0) << slow->output();
  // The other one goes on.
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  EXPECT_EQ(Metrics().at("unrolls/duplicate"), 0);
  EXPECT_THAT(learner->err(), Not(HasSubstr("lease has ended")));
}

// Anybody could open a stream with another's number, and silence it for good.
TEST_F(PeersTest, NobodyTakesAnothersStream) {
  const auto learner = StartLearner({});
  const auto actor = StartActor();
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  const auto thief = Peer();
  for (const uint64_t lease : {0, 1, 2}) {
    EXPECT_TRUE(absl::IsUnavailable(thief->OpenUnrollStream(lease, 0).status()));
  }
  const auto joined = thief->Join(Request(5));
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_TRUE(thief->OpenUnrollStream(joined->lease, 0).ok());  // its own, closed at once
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  EXPECT_EQ(Metrics().at("unrolls/duplicate"), 0);
}

// "an ack could not be sent" was the reason of every Ctrl-C, and each counted as lost.
TEST_F(PeersTest, WhoGoesIsNamedWithTheReason) {
  const auto learner = StartLearner({"--env=Faulty"}, NYALA_FAULTY_BINARY);
  const auto stopped = StartActor(NYALA_FAULTY_BINARY);
  ASSERT_TRUE(learner->WaitForOutput("actor 0 (")) << learner->output();
  const auto killed = StartActor(NYALA_FAULTY_BINARY);
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  ASSERT_TRUE(killed->WaitForOutput("joined run")) << killed->output();
  stopped->Signal(SIGINT);
  EXPECT_EQ(stopped->Wait(), 0) << stopped->output();
  EXPECT_TRUE(learner->WaitForOutput(") left: told to stop: interrupted (SIGINT)"))
      << learner->output();
  killed->Signal(SIGKILL);
  EXPECT_TRUE(learner->WaitForOutput(") left: its connection was lost")) << learner->output();
  // It knows no such environment.
  const auto other = StartActor();
  EXPECT_EQ(other->Wait(), 1) << other->output();
  EXPECT_TRUE(learner->WaitForOutput(" does not join: unknown environment 'Faulty'"))
      << learner->output();
  EXPECT_TRUE(learner->WaitUntil([&] { return Metrics().value("actors_lost", 0) == 1; }));
  EXPECT_EQ(Metrics().at("actors"), 0);
}

// It collects for seconds before it ends; its goodbye came after the learner had given it up.
TEST_F(PeersTest, WhoIsSlowToEndIsNotLost) {
  const auto learner = StartLearner({"--set", "environment.step_wait_seconds=0.1", "--set",
                                     "batch.unroll_length=30", "--envs-per-thread=1"});
  const auto actor = StartActor("", {"--threads=1"});
  ASSERT_TRUE(actor->WaitForOutput("joined run")) << actor->output();
  ASSERT_TRUE(learner->WaitUntil([&] { return Metrics().value("actors", 0) == 1; }));
  actor->Signal(SIGTERM);
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  EXPECT_TRUE(learner->WaitForOutput(") left: told to stop")) << learner->output();
  EXPECT_THAT(learner->err(), Not(HasSubstr("connection was lost")));
}

// A preempted actor's last unroll was taken for its successor's, which was then refused and exited.
TEST_F(PeersTest, ASuccessorIsNotTakenForTheOneBefore) {
  const auto learner =
      StartLearner({"--algorithm=a2c", "--actors=2", "--threads=1", "--envs-per-thread=4"});
  const auto preempted = StartActor();
  ASSERT_TRUE(preempted->WaitForOutput("joined run")) << preempted->output();
  ASSERT_TRUE(learner->WaitForOutput("actor.actors announces 1 rollout thread more"))
      << learner->output();
  preempted->Signal(SIGTERM);
  EXPECT_EQ(preempted->Wait(), 0) << preempted->output();
  const auto second = StartActor();
  ASSERT_TRUE(second->WaitForOutput("joined run")) << second->output();
  const auto third = StartActor();
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  EXPECT_THAT(learner->err(), Not(HasSubstr("is refused")));
  EXPECT_EQ(Metrics().at("unrolls/malformed"), 0);
  EXPECT_EQ(Metrics().at("actors"), 2);
}

TEST_F(PeersTest, ReflectionIsOnWhereNoOtherMachineReachesTheLearner) {
  const auto learner = StartLearner({});
  const grpc::Status status = AskForReflection(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  EXPECT_TRUE(status.ok()) << status.error_message();
}

class SilentMemberTest : public PeersTest, public testing::WithParamInterface<const char*> {};

TEST_P(SilentMemberTest, DoesNotHoldTheRun) {
  const auto learner =
      StartLearner({std::string("--algorithm=") + GetParam(), "--set",
                    "batch.straggler_seconds=0.5", "--set", "batch.max_session_frames=100"});
  const auto silent = Peer();
  const auto joined = silent->Join(Request(5));
  ASSERT_TRUE(joined.ok()) << joined.status();
  const auto stream = silent->OpenUnrollStream(joined->lease, 0);
  ASSERT_TRUE(stream.ok()) << stream.status();
  const auto actor = StartActor();
  EXPECT_TRUE(learner->WaitForOutput("of actor 0 (test, pid 0) has sent nothing for"))
      << learner->output();
  EXPECT_TRUE(WaitForTraining(learner.get())) << learner->output();
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SilentMemberTest,
                         testing::Values("a2c", "ppo", "reinforce", "cem"));

// They had all the room that batch.max_bytes allows, and nobody delivered: no frame, for ever.
class WideSilentMemberTest : public PeersTest, public testing::WithParamInterface<const char*> {};

TEST_P(WideSilentMemberTest, MakesRoomForThoseWhoDeliver) {
  const auto learner =
      StartLearner({std::string("--algorithm=") + GetParam(), "--set",
                    "batch.straggler_seconds=0.3", "--set", "batch.max_session_frames=10", "--set",
                    "transport.lease_seconds=2", "--set", "batch.max_bytes=10000000"});
  JoinRequest request = Request(5);
  const auto silent = Peer();
  std::vector<std::unique_ptr<UnrollStream>> streams;
  for (request.envs_per_thread = 4096; request.envs_per_thread > 0; ++request.actor_key) {
    const auto joined = silent->Join(request);
    if (!joined.ok()) {
      request.envs_per_thread /= 2;
      continue;
    }
    auto stream = silent->OpenUnrollStream(joined->lease, 0);
    ASSERT_TRUE(stream.ok()) << stream.status();
    streams.push_back(*std::move(stream));
  }
  ASSERT_FALSE(streams.empty());
  const auto actor = StartActor();
  EXPECT_TRUE(learner->WaitForOutput("(test, pid 0) has sent nothing for")) << learner->output();
  EXPECT_TRUE(WaitForTraining(learner.get())) << learner->output();
}

INSTANTIATE_TEST_SUITE_P(Algorithms, WideSilentMemberTest, testing::Values("a2c", "reinforce"));

// One that goes before its time is over and comes again at once, under another key: nobody else
// ever found the gap.
TEST_F(PeersTest, WhoComesAndGoesKeepsNobodyOut) {
  const auto learner =
      StartLearner({"--algorithm=a2c", "--set", "batch.straggler_seconds=1", "--set",
                    "transport.lease_seconds=4", "--set", "batch.max_bytes=10000000"});
  std::atomic<bool> done{false};
  Thread rotation("rotation", [&] {
    const auto peer = Peer();
    JoinRequest request = Request(5);
    for (request.envs_per_thread = 4700; !done; ++request.actor_key) {
      const auto joined = peer->Join(request);
      if (!joined.ok()) continue;
      const auto stream = peer->OpenUnrollStream(joined->lease, 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  ASSERT_TRUE(learner->WaitForOutput("(test, pid 0) joined")) << learner->output();
  const auto actor = StartActor();
  EXPECT_TRUE(WaitForTraining(learner.get())) << learner->output();
  done = true;
  rotation.Join();
}

// Streams that had been taken over kept their places, and nobody else got one.
TEST_F(PeersTest, StreamsThatWereTakenOverGiveTheirPlacesBack) {
  const auto learner = StartLearner({"--set", "transport.max_streams=4"});
  const auto greedy = Peer();
  const auto joined = greedy->Join(Request(5));
  ASSERT_TRUE(joined.ok());
  std::vector<std::unique_ptr<UnrollStream>> streams;
  for (int i = 0; i < 4; ++i) {
    auto stream = greedy->OpenUnrollStream(joined->lease, 0);
    ASSERT_TRUE(stream.ok()) << stream.status();
    streams.push_back(*std::move(stream));
  }
  const auto actor = StartActor("", {"--threads=1"});
  EXPECT_TRUE(WaitForTraining(learner.get())) << learner->output();
}

// "the loss is inf": one finite number from one environment ended the whole run.
TEST_F(PeersTest, OneHugeRewardIsLeftOutAndNamed) {
  const auto learner = StartLearner(
      {"--env=Faulty,fault=huge_reward,after=30", "--envs-per-thread=4", "--frames=20000"},
      NYALA_FAULTY_BINARY);
  const auto actor = StartActor(NYALA_FAULTY_BINARY);
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  EXPECT_THAT(learner->err(),
              HasSubstr("environment 'Faulty,fault=huge_reward,after=30', was refused"));
  EXPECT_THAT(learner->err(), HasSubstr("'rewards'"));
  EXPECT_GE(Metrics().at("unrolls/refused"), 1);
}

// At the limit of descriptors no checkpoint was written any more, not even the last one.
TEST_F(PeersTest, IdleConnectionsDoNotCostTheCheckpoint) {
  Subprocess::Options options =
      Command(Learner(port_, {"--set", "checkpoint.interval_updates=50"}));
  std::string line = "ulimit -n 128; exec";
  for (const std::string& word : options.argv) line += " '" + word + "'";
  options.argv = {"/bin/sh", "-c", line};
  Subprocess learner(options);
  ASSERT_TRUE(learner.WaitForOutput("actors join with")) << learner.output();
  const auto actor = StartActor();
  ASSERT_TRUE(WaitForTraining(&learner)) << learner.output();
  std::vector<int> idle;
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<uint16_t>(port_));
  for (int i = 0; i < 150; ++i) {
    idle.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(idle.back(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  }
  ASSERT_TRUE(learner.WaitForOutput("connections are open, as many as")) << learner.output();
  const size_t before =
      Checkpoints().empty()
          ? 0
          : std::stoul(Checkpoints().back().substr(Checkpoints().back().rfind('/') + 1));
  ASSERT_TRUE(WaitForTraining(&learner)) << learner.output();
  learner.Signal(SIGTERM);
  learner.Wait();
  EXPECT_THAT(learner.err(), Not(HasSubstr("Too many open files")));
  ASSERT_FALSE(Checkpoints().empty());
  EXPECT_GT(std::stoul(Checkpoints().back().substr(Checkpoints().back().rfind('/') + 1)), before);
  for (const int fd : idle) close(fd);
}

double ResidentMegabytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// 0.6 MB that nobody had looked at yet took 650 MB, which stayed.
TEST_F(PeersTest, ACompressedBombTakesNoMemory) {
  const auto learner = StartLearner({"--token-file=" + TokenFile()});
  const double before = ResidentMegabytes(learner->pid());
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    wire::JoinRequest request;
    request.set_host(std::string(300 << 20, '\0'));
    const auto stub = wire::Learner::NewStub(grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
    const auto call = stub->Join(&context);
    call->WriteLast(request, grpc::WriteOptions());
    EXPECT_FALSE(call->Finish().ok());
  }
  EXPECT_LT(ResidentMegabytes(learner->pid()) - before, 50);
}

// A restart between a join and its streams, or a lease that ended, was "bad usage", status 2.
TEST_F(PeersTest, AnEndedLeaseIsNoUsageErrorAndIsJoinedAgain) {
  const auto learner = StartLearner({"--set", "transport.lease_seconds=0.2"});
  const auto peer = Peer();
  const auto joined = peer->Join(Request(5));
  ASSERT_TRUE(joined.ok());
  ASSERT_TRUE(learner->WaitForOutput("its lease has ended")) << learner->output();
  EXPECT_TRUE(absl::IsUnavailable(peer->OpenUnrollStream(joined->lease, 0).status()));
  const auto again = peer->Join(Request(5));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(peer->OpenUnrollStream(again->lease, 0).ok());
}

// Tensors, without the header, which names the run.
std::string TensorsOf(const std::string& safetensors) {
  std::ifstream file(safetensors, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  uint64_t header = 0;
  if (all.size() < sizeof(header)) return "";
  std::memcpy(&header, all.data(), sizeof(header));
  return all.substr(sizeof(header) + header);
}

// Whoever starts faster decided what was learnt.
TEST_F(PeersTest, TwoActorsMakeTheSameModelEveryTime) {
  const auto train = [&](const std::string& name, const std::vector<std::string>& more) {
    const std::string run = scratch_ / name;
    std::vector<std::string> arguments = {"train", "--run=" + run, "--goal=inf"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return TensorsOf(CheckpointsOf(run).back() + "/model.safetensors");
  };
  for (const std::string preset : {"cartpole-a2c", "cartpole-ppo"}) {
    const std::vector<std::string> whole = {"--preset=" + preset, "--seed=3", "--actors=2", "--set",
                                            "limits.updates=20"};
    const std::string first = train(preset + "-1", whole);
    ASSERT_FALSE(first.empty());
    EXPECT_TRUE(train(preset + "-2", whole) == first) << preset;
    EXPECT_TRUE(train(preset + "-3", whole) == first) << preset;
    std::vector<std::string> half = whole;
    half.back() = "limits.updates=9";
    train(preset + "-resumed", half);
    EXPECT_TRUE(train(preset + "-resumed", {"--resume", "--set", "limits.updates=20"}) == first)
        << preset;
  }
}

}  // namespace
}  // namespace nyala
