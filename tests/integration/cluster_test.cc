// Learner and actors started on their own, as on several machines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ClusterTest = CommandTest;

TEST_F(ClusterTest, AnActorNeedsOnlyTheAddress) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {"--frames=5000"}));
  EXPECT_EQ(learner->Wait(), 0) << learner->output();
  EXPECT_EQ(actor->Wait(), 0) << actor->output();
  EXPECT_GE(Summary().at("frames").get<uint64_t>(), 5000u);
}

TEST_F(ClusterTest, ActorsComeAndGo) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {}));
  std::unique_ptr<Subprocess> first = Start(Actor(port));
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  std::unique_ptr<Subprocess> second = Start(Actor(port));
  ASSERT_TRUE(second->WaitForOutput("joined run")) << second->output();
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Wait(), 0) << first->output();
  ASSERT_TRUE(WaitForTraining(learner.get())) << learner->output();
  learner->Signal(SIGTERM);
  learner->Wait();
  EXPECT_EQ(Summary().at("actors").get<int>(), 2);
}

TEST_F(ClusterTest, ActorsSurviveALearnerThatIsKilledAndResumed) {
  const int port = FreePort();
  std::unique_ptr<Subprocess> learner = Start(Learner(port, {}));
  std::unique_ptr<Subprocess> actor = Start(Actor(port));
  ASSERT_TRUE(learner->WaitUntil([&] { return !Checkpoints().empty(); })) << learner->output();
  learner->Signal(SIGKILL);
  EXPECT_EQ(learner->Wait(), 128 + SIGKILL);

  std::unique_ptr<Subprocess> resumed = Start(
      {"learner", "--resume", "--run=" + run_dir(), "--listen=127.0.0.1:" + std::to_string(port)});
  ASSERT_TRUE(WaitForTraining(resumed.get())) << resumed->output() << actor->output();
  resumed->Signal(SIGTERM);
  resumed->Wait();
  EXPECT_GT(Summary().at("frames").get<uint64_t>(), 0u);
}

}  // namespace
}  // namespace nyala
