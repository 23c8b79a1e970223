// `nyala train` on environments that a Python process serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "actor/vector_env.h"
#include "common/system/file.h"
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

// Rows of two environments under a controller that keeps the pole up.
struct Balanced {
  std::vector<float> observations;
  std::vector<EpisodeEnd> ends;
};

Balanced Balance(const std::string& id, uint64_t first_environment, int rows) {
  Balanced seen;
  VectorEnvOptions options;
  options.id = id;
  options.E = 2;
  options.seed = 5;
  options.first_environment = first_environment;
  const auto environments = MakeVectorEnv(options);
  EXPECT_TRUE(environments.ok()) << environments.status();
  if (!environments.ok()) return seen;
  std::vector<float> now(8), rewards(2);
  std::vector<uint8_t> flags(2), next_flags(2);
  auto* const bytes = reinterpret_cast<uint8_t*>(now.data());
  absl::Status status = (*environments)->Reset(bytes, flags.data());
  for (int row = 0; row < rows && status.ok(); ++row) {
    seen.observations.insert(seen.observations.end(), now.begin(), now.end());
    int32_t actions[2];
    for (int e = 0; e < 2; ++e) actions[e] = now[4 * e + 2] + 0.5f * now[4 * e + 3] > 0 ? 1 : 0;
    status = (*environments)
                 ->Step({reinterpret_cast<const uint8_t*>(actions), flags.data(), rewards.data(),
                         bytes, next_flags.data()},
                        &seen.ends);
    flags = next_flags;
  }
  EXPECT_TRUE(status.ok()) << status;
  return seen;
}

TEST_F(EnvironmentServerTest, TheExampleKeepsSeedsApartAndItsLimit) {
  const std::unique_ptr<Subprocess> server = Serve();
  const std::string id = "grpc:" + address();
  const Balanced seen = Balance(id, 0, 600);
  EXPECT_EQ(Balance(id, 0, 600).observations, seen.observations);
  EXPECT_NE(Balance(id, 2, 600).observations, seen.observations);
  EXPECT_NE(seen.observations[0], seen.observations[4]);
  ASSERT_EQ(seen.ends.size(), 2u);
  for (const EpisodeEnd& end : seen.ends) {
    EXPECT_EQ(end.result.length, 500u);
    EXPECT_TRUE(end.result.truncated);
  }
}

TEST_F(EnvironmentServerTest, TheExampleIsShort) {
  const auto text = ReadFile(NYALA_SOURCE_DIR "/deploy/examples/environment_server.py");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_LE(std::count(text->begin(), text->end(), '\n'), 60);
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
