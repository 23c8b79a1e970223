// Many actors: as many streams as a cluster has, from one process.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>

#include "common/base/thread.h"
#include "common/wire/client/client.h"
#include "tests/support/command_test.h"
#include "tests/support/random_unroll.h"

namespace nyala {
namespace {

constexpr uint32_t kActors = 250;
constexpr uint32_t kThreads = 8;
constexpr int kUnrolls = 4;

class ManyTest : public CommandTest {
 protected:
  // What one actor process of kThreads rollout threads does; false when it is refused something.
  static bool Act(const std::string& address, uint64_t key, std::atomic<uint32_t>* open) {
    LearnerClientOptions options;
    options.address = address;
    auto client = GrpcLearnerClient::Create(options);
    if (!client.ok()) return false;
    JoinRequest request;
    request.actor_key = key;
    request.threads = kThreads;
    request.envs_per_thread = 1;
    const auto joined = (*client)->Join(request);
    EXPECT_TRUE(joined.ok()) << joined.status();
    if (!joined.ok()) return false;
    std::vector<std::unique_ptr<UnrollStream>> streams;
    for (uint32_t thread = 0; thread < kThreads; ++thread) {
      auto stream = (*client)->OpenUnrollStream(joined->lease, thread);
      EXPECT_TRUE(stream.ok()) << stream.status();
      if (!stream.ok()) return false;
      streams.push_back(*std::move(stream));
    }
    *open += kThreads;
    // All are open at once.
    while (*open < kActors * kThreads) std::this_thread::yield();
    UnrollSpec spec;
    spec.T = joined->config.batch().unroll_length();
    spec.E = 1;
    spec.observation = {DType::kFloat32, {10, 5}};
    spec.action.n = 3;
    for (int i = 1; i <= kUnrolls; ++i) {
      for (uint32_t thread = 0; thread < kThreads; ++thread) {
        Unroll unroll = RandomUnroll(spec, key + i);
        unroll.id = {joined->actor, thread, static_cast<uint64_t>(i)};
        unroll.incarnation = joined->incarnation;
        unroll.policy_version = 1;
        const auto reply = streams[thread]->Submit(unroll.view());
        EXPECT_TRUE(reply.ok()) << reply.status();
        if (!reply.ok()) return false;
      }
    }
    return true;
  }
};

// At most 1,024 were served, whatever the machine; each refusal tore down its actor's others.
TEST_F(ManyTest, TwoThousandStreamsTrainAndEndWithACheckpoint) {
  const int port = FreePort();
  const auto learner = Start(Learner(port, {}));
  ASSERT_TRUE(learner->WaitForOutput("actors join with")) << learner->output();
  std::atomic<uint32_t> open{0}, done{0};
  {
    std::vector<Thread> actors;
    for (uint32_t i = 0; i < kActors; ++i) {
      actors.emplace_back("actor", [&, i] {
        if (Act("127.0.0.1:" + std::to_string(port), 1000 * (i + 1), &open)) {
          ++done;
        } else {
          open += kActors * kThreads;  // let the others go
        }
      });
    }
  }
  EXPECT_EQ(done, kActors);
  learner->Signal(SIGTERM);
  learner->Wait();
  EXPECT_EQ(Summary().at("actors"), kActors) << learner->output();
  EXPECT_GT(Summary().at("frames").get<uint64_t>(), uint64_t{kActors} * kThreads * kUnrolls);
  EXPECT_FALSE(Checkpoints().empty());
}

}  // namespace
}  // namespace nyala
