// A run that is stopped and resumed must be the run that was not.
#include <gtest/gtest.h>

#include "actor/rollout/session.h"
#include "common/base/thread.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/fake_learner.h"

namespace nyala {
namespace {

// Runs a synchronous session until each thread has submitted `count` unrolls.
std::vector<FakeLearner::Submitted> RunFor(JoinReply reply, uint64_t version, size_t count,
                                           uint32_t thread) {
  FakeLearner learner(reply);
  learner.Publish(version);
  learner.PublishEvery(reply.threads);
  auto session = ActorSession::Create(reply, FakeInferenceFactory(2));
  EXPECT_TRUE(session.ok()) << session.status();
  {
    Thread running("session", [&] { (*session)->Run(learner, 7).IgnoreError(); });
    EXPECT_TRUE(learner.AwaitUnrolls(count * reply.threads));
    (*session)->Halt();
    learner.EndRun();
  }
  std::vector<FakeLearner::Submitted> unrolls = learner.unrolls(thread);
  unrolls.resize(count);
  return unrolls;
}

class ResumeTest : public testing::TestWithParam<std::string> {};

TEST_P(ResumeTest, ContinuesAsIfNotStopped) {
  constexpr size_t kWhole = 24, kBeforeStop = 9;
  JoinReply reply = MakeJoinReply(GetParam(), 2, 3, 7, "a2c");
  reply.want_resume_state = true;
  for (uint32_t thread = 0; thread < 2; ++thread) {
    const auto whole = RunFor(reply, 1, kWhole, thread);
    ASSERT_FALSE(whole[kBeforeStop - 1].resume_state.empty());

    JoinReply again = reply;
    again.incarnation = 2;
    again.resume_states.resize(2);
    again.resume_states[thread] = whole[kBeforeStop - 1].resume_state;
    const auto rest = RunFor(again, kBeforeStop + 1, kWhole - kBeforeStop, thread);
    for (size_t k = 0; k < rest.size(); ++k) {
      EXPECT_TRUE(rest[k].SameDataAs(whole[kBeforeStop + k]))
          << "thread " << thread << " unroll " << k;
      EXPECT_EQ(rest[k].id.sequence, k + 1);
      EXPECT_EQ(rest[k].incarnation, 2u);
    }
  }
}

// Three actors in a row ended for what a fourth had sent.
TEST(FreshStart, AStateThatCannotBeGoneOnWithIsLeftBehind) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 2, 3, 4, "a2c");
  reply.want_resume_state = true;
  const auto anew = RunFor(reply, 1, 2, 0);
  JoinReply lied_to = reply;
  for (const std::string& state :
       {std::string("garbage"), anew[0].resume_state + "x", anew[0].resume_state.substr(0, 20)}) {
    lied_to.resume_states = {state, state};
    EXPECT_TRUE(RunFor(lied_to, 1, 1, 0)[0].SameDataAs(anew[0]));
  }
}

INSTANTIATE_TEST_SUITE_P(Environments, ResumeTest,
                         testing::Values("CartPole-v1", "Catch", "TwoState"),
                         [](const auto& info) { return info.param.substr(0, 4); });

TEST(FreshStart, AnotherIncarnationPlaysOtherEpisodes) {
  JoinReply reply = MakeJoinReply("CartPole-v1", 1, 1, 4, "a2c");
  const auto first = RunFor(reply, 1, 1, 0);
  EXPECT_TRUE(RunFor(reply, 1, 1, 0)[0].SameDataAs(first[0]));
  reply.incarnation = 2;
  EXPECT_NE(RunFor(reply, 1, 1, 0)[0].observations, first[0].observations);
}

}  // namespace
}  // namespace nyala
