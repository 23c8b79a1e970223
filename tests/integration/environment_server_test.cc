// `nyala train` on environments that a Python process serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

// Debian's; one on the PATH may be another without its packages.
constexpr char kPython[] = "/usr/bin/python3";

class EnvironmentServerTest : public CommandTest {
 protected:
  void SetUp() override {
    Subprocess::Options probe = Command({});
    probe.argv = {kPython, "-c", "import grpc, google.protobuf"};
    const Finished finished = RunToEnd(probe);
    if (finished.status != 0) {
      GTEST_SKIP() << "SKIPPED: " << kPython
                   << " cannot import grpc (install python3-grpcio): " << finished.err;
    }
  }

  std::unique_ptr<Subprocess> Serve() const {
    Subprocess::Options options = Command({});
    options.argv = {kPython, NYALA_SOURCE_DIR "/deploy/examples/environment_server.py", address()};
    auto server = std::make_unique<Subprocess>(options);
    EXPECT_TRUE(server->WaitForOutput("serving")) << server->output();
    return server;
  }
  std::vector<std::string> TrainThere(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = Train({"--env=grpc:" + address()});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string address() const { return "unix:" + scratch_ / "socket"; }
};

TEST_F(EnvironmentServerTest, TrainsAndEvaluatesOnTheExample) {
  const std::unique_ptr<Subprocess> server = Serve();
  const Finished trained = Run(TrainThere({"--frames=8000", "--set", "actor.actors=2"}));
  ASSERT_EQ(trained.status, 0) << trained.err << server->output();
  EXPECT_EQ(Summary().at("actor_restarts"), 0);
  EXPECT_GT(Summary().at("mean_return_100").get<double>(), 8);
  const Finished evaluated = Run({"eval", "--run=" + run_dir(), "--episodes=5", "--json"});
  EXPECT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_THAT(evaluated.out, HasSubstr("\"mean\""));
}

TEST_F(EnvironmentServerTest, AServerThatComesBackIsFoundAgain) {
  std::unique_ptr<Subprocess> server = Serve();
  const std::unique_ptr<Subprocess> train = Start(TrainThere({}));
  ASSERT_TRUE(WaitForTraining(train.get())) << train->output();
  server->Signal(SIGKILL);
  server->Wait();
  ASSERT_TRUE(train->WaitForOutput("the server went away")) << train->output();
  ASSERT_TRUE(train->WaitForOutput("restarted as pid")) << train->output();
  server = Serve();
  EXPECT_TRUE(WaitForTraining(train.get())) << train->output();
  train->Signal(SIGTERM);
  EXPECT_EQ(train->Wait(), 1);
  ExpectNothingLeft(train.get());
}

TEST_F(EnvironmentServerTest, AServerThatIsNotThereIsOneLine) {
  const Finished finished = Run(TrainThere({}));
  EXPECT_EQ(finished.status, 2) << finished.err;
  EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("no server answers at " + address()));
}

}  // namespace
}  // namespace nyala
