#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor/environment_registry.h"
#include "actor/rollout/actor.h"
#include "common/base/thread.h"
#include "tests/fakes/fake_learner.h"
#include "tests/support/network_parameters.h"

namespace nyala {
namespace {

using testing::HasSubstr;

TEST(RunActor, RollsOutTheLearnersNetworkUntilTheRunIsOver) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 2, 8, 20);
  FakeLearner learner(reply);
  const EnvSpec env = (*Environments().Create("CartPole-v1"))->spec();
  learner.SetParameters(InitialParameters(reply.config.network(), env, 1));
  learner.PublishEvery(4);
  StopSource stop;
  absl::Status status;
  {
    Thread actor("actor", [&] { status = RunActor(ActorOptions(), learner, stop); });
    EXPECT_TRUE(learner.AwaitUnrolls(40));
    learner.EndRun();
  }
  EXPECT_TRUE(status.ok()) << status;
  for (const FakeLearner::Submitted& unroll : learner.unrolls()) {
    // A new network's policy is near uniform over two actions.
    for (const float log_mu : unroll.log_mu) ASSERT_NEAR(log_mu, -0.693, 0.2);
  }
}

TEST(RunActor, RefusesParametersOfAnotherNetwork) {
  FakeLearner learner(MakeJoinReply("CartPole-v1", 1, 2, 5));
  StopSource stop;
  EXPECT_TRUE(absl::IsFailedPrecondition(RunActor(ActorOptions(), learner, stop)));
}

// Messages of one schema may hold names of a later build.
TEST(RunActor, RefusesNamesThatItDoesNotKnowNamingBothBuilds) {
  const auto refusal = [](const std::function<void(RunConfig*)>& change) {
    JoinReply reply = MakeJoinReply("CartPole-v1", 1, 2, 5);
    reply.build = "nyala 9.9";
    change(&reply.config);
    FakeLearner learner(reply);
    StopSource stop;
    const absl::Status status = RunActor(ActorOptions(), learner, stop);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(HasSubstr("nyala 9.9"), HasSubstr("this actor, nyala "),
                               HasSubstr("run the same build on both")));
    return std::string(status.message());
  };
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_algorithm()->set_name("dqn"); }),
              HasSubstr("algorithm 'dqn'"));
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_policy()->set_distribution("beta"); }),
              HasSubstr("action distribution 'beta'"));
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_optimizer()->set_name("lion"); }),
              HasSubstr("optimizer 'lion'"));
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_network()->set_name("transformer"); }),
              HasSubstr("network 'transformer'"));
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_policy()->set_log_sigma("network"); }),
              HasSubstr("policy.log_sigma"));
  EXPECT_THAT(refusal([](RunConfig* c) { c->mutable_network()->set_activation("swish"); }),
              HasSubstr("network.activation"));
}

TEST(RunActor, SaysWhichLearnerCannotBeReached) {
  ActorOptions options;
  options.learner = "unix:/nonexistent/nyala.sock";
  options.connect_seconds = 0.01;
  StopSource stop;
  const absl::Status status = RunActor(options, stop);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cannot reach learner at unix:/nonexistent/nyala.sock: "));
}

TEST(RunActor, StopsWhileTheLearnerIsAway) {
  ActorOptions options;
  options.learner = "unix:/nonexistent/nyala.sock";
  options.connect_seconds = 1000;
  StopSource stop;
  absl::Status status = absl::UnknownError("did not end");
  {
    Thread actor("actor", [&] { status = RunActor(options, stop); });
    stop.RequestStop("test");
  }
  EXPECT_TRUE(status.ok()) << status;
}

TEST(RunActor, RefusesWhatIsNoAddress) {
  ActorOptions options;
  options.learner = "no address";
  StopSource stop;
  EXPECT_TRUE(absl::IsInvalidArgument(RunActor(options, stop)));
}

}  // namespace
}  // namespace nyala
