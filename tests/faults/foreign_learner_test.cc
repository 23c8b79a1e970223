// A learner that is not to be trusted, and actors that do only what their command lines allow.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"
#include "common/wire/server/server.h"
#include "tests/fakes/environment_server.h"
#include "tests/fakes/fake_learner.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// It answers every join with the configuration that it was made with.
class Liar {
 public:
  Liar(const std::string& socket, const RunConfig& config) : learner_(Reply(config)) {
    LearnerServerOptions options;
    options.listen = "unix:" + socket;
    server_ = *LearnerServer::Start(options, learner_, [] { return LearnerStatus(); });
  }
  ~Liar() {
    learner_.EndRun();
    server_->Stop(ServiceEnd::kRunOver);
  }
  const std::string& address() const { return server_->address(); }

 private:
  static JoinReply Reply(const RunConfig& config) {
    JoinReply reply = MakeJoinReply("", 1, 2, 5);
    reply.config.MergeFrom(config);
    return reply;
  }

  FakeLearner learner_;
  std::unique_ptr<LearnerServer> server_;
};

// A port of 127.0.0.1 that somebody waits on, for what comes.
class Sink {
 public:
  Sink() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Sink() { close(fd_); }
  int port() const { return port_; }
  // Whether anybody has connected.
  bool Touched() const {
    const int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) close(connection);
    return connection >= 0;
  }

 private:
  const int fd_;
  int port_ = 0;
};

class ForeignLearnerTest : public CommandTest {
 protected:
  // Whoever opens it to read waits for ever: it cannot be read without being noticed.
  std::string Trap() {
    const std::string path = scratch_ / "trap";
    EXPECT_TRUE(PathExists(path) || mkfifo(path.c_str(), 0600) == 0);
    return path;
  }

  static RunConfig Environment(const std::string& id) {
    RunConfig config;
    config.mutable_environment()->set_id(id);
    return config;
  }

  // What `nyala actor` says to a learner with this configuration, with which it is refused.
  std::string Refusal(const RunConfig& config, const std::vector<std::string>& more = {}) {
    const Liar liar(scratch_ / "liar", config);
    std::vector<std::string> arguments = {"actor", "--learner=" + liar.address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Subprocess::Options options = Command(arguments);
    options.environment["PYTHONPATH"] = scratch_.path();
    const Finished finished = RunToEnd(options);
    EXPECT_EQ(finished.status, 1) << finished.err;
    EXPECT_THAT(finished.err, AllOf(HasSubstr("the learner asks for"), HasSubstr("--allow="),
                                    Not(HasSubstr("joined run"))));
    return finished.err;
  }
};

TEST_F(ForeignLearnerTest, NeitherReadsASecretNorSendsItAnywhere) {
  const Sink sink;
  const std::string server = absl::StrCat("grpc:127.0.0.1:", sink.port());
  const std::string asked = server + ",token_file=" + Trap() + ",insecure=true";
  EXPECT_THAT(Refusal(Environment(asked)), HasSubstr("connects to a server"));
  // The server alone does not allow the secret, nor a secret another server.
  Refusal(Environment(asked), {"--allow=" + server});
  Refusal(Environment(asked), {"--allow=" + server + ",insecure=true"});
  Refusal(Environment(asked), {"--allow=grpc:127.0.0.1:1,insecure=,token_file="});
  Refusal(Environment(server));
  EXPECT_FALSE(sink.Touched());
}

TEST_F(ForeignLearnerTest, ImportsNoModule) {
  ASSERT_TRUE(
      WriteFile(scratch_ / "marker.py", "open('" + scratch_ / "imported" + "', 'w')\n").ok());
  EXPECT_THAT(Refusal(Environment("gym:marker:X")), HasSubstr("imports a Python module"));
  Refusal(Environment("gym:marker:X"), {"--allow=gym:mark"});
  Refusal(Environment("gym:gymnasium:marker:X"), {"--allow=gym:gymnasium"});
  EXPECT_FALSE(PathExists(scratch_ / "imported"));
}

TEST_F(ForeignLearnerTest, OpensNoFile) {
  for (const std::string& id : {"mujoco:" + Trap(), "Hopper-v4,model=" + Trap(),
                                "ALE/Pong-v5,rom=" + Trap(), "grpc:unix:" + Trap()}) {
    Refusal(Environment(id), {"--allow=mujoco:/elsewhere", "--allow=Hopper-v4", "--allow=ALE/"});
  }
  RunConfig config = Environment("CartPole-v1");
  config.mutable_network()->set_name("torchscript:" + Trap());
  EXPECT_THAT(Refusal(config), HasSubstr("runs a TorchScript file"));
  Refusal(config, {"--allow=torchscript:" + Trap() + "s"});
}

TEST_F(ForeignLearnerTest, ALearnerOfLaterNamesIsRefusedWithBothBuilds) {
  RunConfig config = Environment("CartPole-v1");
  config.mutable_algorithm()->set_name("dqn");
  const Liar liar(scratch_ / "liar", config);
  const Finished finished = Run({"actor", "--learner=" + liar.address()});
  EXPECT_EQ(finished.status, 1) << finished.err;
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("this actor, nyala "), HasSubstr("the learner, nyala "),
                    HasSubstr("algorithm 'dqn'"), HasSubstr("run the same build on both")));
}

TEST_F(ForeignLearnerTest, WhatIsAllowedWorksAndARunFolderSaysWhatItReaches) {
  const TestEnvironmentServer server("Catch");
  const std::string id = "grpc:" + server.address();
  const int port = FreePort();
  const auto learner = Start(Learner(port, {"--frames=3000", "--env=" + id}));
  std::vector<std::string> actor = Actor(port);
  const Finished refused = Run(actor);
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("--allow=" + id));
  actor.push_back("--allow=" + id);
  const Finished allowed = Run(actor);
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  // Its own actors need no word.
  const Finished resumed = Run({"train", "--resume", "--run=" + run_dir(), "--frames=6000"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  const Finished played = Run({"eval", "--run=" + run_dir(), "--episodes=2", "--json"});
  EXPECT_EQ(played.status, 0) << played.err;
  EXPECT_THAT(played.out, Not(HasSubstr("reaches")));
  const Finished exported = Run({"export", "--run=" + run_dir()});
  EXPECT_EQ(exported.status, 0) << exported.err;
  for (const Finished& finished : {resumed, played, exported}) {
    EXPECT_THAT(finished.err,
                HasSubstr("this run's configuration reaches outside of its folder: environment '" +
                          id + "' connects to a server"));
  }
}

// It had joined first, held a place for as long as a lease lasts, and the learner never heard why.
TEST_F(ForeignLearnerTest, WhoDeclinesTakesNoPlaceAndIsNamed) {
  const TestEnvironmentServer server("Catch");
  const int port = FreePort();
  Subprocess learner(Command(Learner(port, {"--env=grpc:" + server.address()})));
  ASSERT_TRUE(learner.WaitForOutput("actors join with")) << learner.output();
  EXPECT_THAT(learner.err(), HasSubstr("--allow=grpc:" + server.address()));
  Subprocess actor(Command(Actor(port)));
  EXPECT_EQ(actor.Wait(), 1) << actor.output();
  EXPECT_THAT(actor.output(), Not(HasSubstr("rollout thread")));
  EXPECT_TRUE(learner.WaitForOutput(" does not join: the learner asks for environment 'grpc:"))
      << learner.output();
  EXPECT_THAT(learner.err(), Not(HasSubstr("actor 0")));
}

TEST_F(ForeignLearnerTest, ARefusalNamesTheArgumentThatIsNotAllowed) {
  const std::string refused = Refusal(Environment("gym:module:Id-v0,level=3,map=/maps/a"),
                                      {"--allow=gym:module,map=/maps/"});
  EXPECT_THAT(refused, HasSubstr("no --allow takes its argument level=3"));
}

}  // namespace
}  // namespace nyala
