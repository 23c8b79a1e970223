// What an environment starts ends with the process that made the environment, however that ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

class HelpersTest : public CommandTest {
 protected:
  Subprocess::Options Faulty(const std::vector<std::string>& arguments) const {
    Subprocess::Options options = Command(arguments);
    options.argv[0] = NYALA_FAULTY_BINARY;
    return options;
  }
  // One environment, with a helper and a daemon, in each actor.
  std::vector<std::string> OneEach(const std::string& fault) const {
    return {"--env=Faulty,helpers=1" + (fault.empty() ? "" : ",fault=" + fault),
            "--envs-per-thread=1",
            "--set",
            "batch.columns=1",
            "--set",
            "environment.step_timeout_seconds=2"};
  }
  Subprocess::Options FaultyTrain(const std::string& fault,
                                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = Train(OneEach(fault));
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Faulty(arguments);
  }
  static size_t Helpers(const Subprocess& process) {
    return Named(process, "faulty-helper").size() + Named(process, "faulty-daemon").size();
  }
  std::string once() const { return scratch_ / "once"; }
};

TEST_F(HelpersTest, TheEndOfARunLeavesNone) {
  Subprocess train(FaultyTrain("", {"--frames=30000"}));
  EXPECT_TRUE(train.WaitUntil([&] { return Helpers(train) == 2 && Frames() > 0; }))
      << train.output();
  EXPECT_EQ(train.Wait(), 0) << train.output();
  ExpectNothingLeft(&train);
}

class EndsOfAnActorTest : public HelpersTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(EndsOfAnActorTest, LeavesNoHelperOfItsOwnAndTheNextOneHasTwo) {
  Subprocess train(FaultyTrain(std::string(GetParam()) + ",after=50,once=" + once()));
  ASSERT_TRUE(train.WaitForOutput("restarted as pid")) << train.output();
  EXPECT_TRUE(WaitForTraining(&train, 500)) << train.output();
  EXPECT_EQ(Helpers(train), 2u);
  train.Signal(SIGTERM);
  EXPECT_EQ(train.Wait(), 1) << train.output();
  ExpectNothingLeft(&train);
}

INSTANTIATE_TEST_SUITE_P(Faults, EndsOfAnActorTest,
                         ::testing::Values("fail", "hang", "crash", "exit"));

TEST_F(HelpersTest, AKilledActorLeavesNone) {
  Subprocess train(FaultyTrain(""));
  ASSERT_TRUE(WaitForTraining(&train, 500)) << train.output();
  for (const pid_t actor : Named(train, "nyala-actor")) kill(actor, SIGKILL);
  ASSERT_TRUE(train.WaitForOutput("restarted as pid")) << train.output();
  EXPECT_TRUE(WaitForTraining(&train, 500)) << train.output();
  EXPECT_EQ(Helpers(train), 2u);
}

TEST_F(HelpersTest, AKilledLauncherLeavesNone) {
  Subprocess train(FaultyTrain(""));
  ASSERT_TRUE(WaitForTraining(&train, 500)) << train.output();
  train.Signal(SIGKILL);
  EXPECT_EQ(train.Wait(), 128 + SIGKILL);
  EXPECT_TRUE(train.WaitUntil([&] { return train.Family().empty(); })) << Helpers(train);
}

TEST_F(HelpersTest, WhatIsOnlyDescribedLeavesNone) {
  Subprocess envs(Faulty({"envs", "Faulty,helpers=1"}));
  EXPECT_EQ(envs.Wait(), 0) << envs.output();
  EXPECT_TRUE(envs.Family().empty());
  Subprocess refused(Faulty(Train({"--env=Faulty,helpers=1,fault=crash_making"})));
  EXPECT_EQ(refused.Wait(), 2) << refused.output();
  EXPECT_TRUE(refused.Family().empty());
}

class ActorAloneTest : public HelpersTest {
 protected:
  ActorAloneTest() : port_(FreePort()) {
    std::vector<std::string> arguments = Learner(port_, OneEach(""));
    learner_ = std::make_unique<Subprocess>(Faulty(arguments));
    std::vector<std::string> one_thread = Actor(port_);
    one_thread.push_back("--threads=1");
    actor_ = std::make_unique<Subprocess>(Faulty(one_thread));
  }
  const int port_;
  std::unique_ptr<Subprocess> learner_, actor_;
};

TEST_F(ActorAloneTest, ToldToStopLeavesNone) {
  ASSERT_TRUE(WaitForTraining(learner_.get(), 500)) << learner_->output() << actor_->output();
  EXPECT_EQ(Helpers(*actor_), 2u);
  actor_->Signal(SIGTERM);
  EXPECT_EQ(actor_->Wait(), 0) << actor_->output();
  EXPECT_TRUE(actor_->Family().empty());
}

TEST_F(ActorAloneTest, KilledLeavesNone) {
  ASSERT_TRUE(WaitForTraining(learner_.get(), 500)) << learner_->output() << actor_->output();
  actor_->Signal(SIGKILL);
  actor_->Wait();
  EXPECT_TRUE(actor_->WaitUntil([&] { return actor_->Family().empty(); }));
}

TEST_F(ActorAloneTest, WhoseProcessCrashesSaysSoAndLeavesNone) {
  ASSERT_TRUE(WaitForTraining(learner_.get(), 500)) << learner_->output() << actor_->output();
  for (const pid_t pid : Named(*actor_, "nyala-actor")) kill(pid, SIGSEGV);
  EXPECT_EQ(actor_->Wait(), 1) << actor_->output();
  EXPECT_THAT(actor_->err(), HasSubstr("the actor was killed by signal 11"));
  EXPECT_TRUE(actor_->Family().empty());
}

}  // namespace
}  // namespace nyala
