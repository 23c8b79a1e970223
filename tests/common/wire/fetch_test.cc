#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/thread.h"
#include "common/wire/server/version_waiters.h"
#include "nyala/learner.grpc.pb.h"
#include "tests/common/wire/transport_fixture.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;
using Fetched = absl::StatusOr<std::shared_ptr<const ParameterSnapshot>>;

constexpr absl::Duration kLong = absl::Seconds(60);

class FetchTest : public TransportFixture {};

TEST_F(FetchTest, BringsTheNewestOnlyIfItIsNewer) {
  StartServer();
  endpoint_.Publish(3, 1000);
  auto client = NewClient();
  Fetched fetched = client->FetchParameters({7, 5, 2, 0}, absl::ZeroDuration());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  ASSERT_NE(*fetched, nullptr);
  EXPECT_EQ((*fetched)->version, 3);
  EXPECT_EQ((*fetched)->layout, 99);
  EXPECT_EQ((*fetched)->values, std::vector<float>(1000, 3.0f));
  fetched = client->FetchParameters({7, 5, 3, 0}, absl::ZeroDuration());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(*fetched, nullptr);
}

TEST_F(FetchTest, TheEndpointsRefusalPasses) {
  StartServer();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      NewClient()->FetchParameters({7, 6, 0, 0}, absl::ZeroDuration()).status()));
}

TEST_F(FetchTest, AWaitEndsWithThePublication) {
  StartServer();
  endpoint_.Publish(1);
  auto client = NewClient();
  Fetched fetched;
  Thread waiter("waiter", [&] { fetched = client->FetchParameters({7, 5, 1, 2}, kLong); });
  ASSERT_TRUE(endpoint_.AwaitFetches(1));
  endpoint_.Publish(2);
  server_->OnNewVersion(2);
  waiter.Join();
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  ASSERT_NE(*fetched, nullptr);
  EXPECT_EQ((*fetched)->version, 2);
}

TEST_F(FetchTest, AVersionThatIsThereIsNotWaitedFor) {
  StartServer();
  endpoint_.Publish(7);
  const Fetched fetched = NewClient()->FetchParameters({7, 5, 6, 7}, kLong);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  ASSERT_NE(*fetched, nullptr);
}

TEST_F(FetchTest, AWaitThatTakesTooLongEndsWithNothing) {
  StartServer();
  endpoint_.Publish(2);
  // Newer than what is at hand, but not what was asked for.
  const Fetched fetched = NewClient()->FetchParameters({7, 5, 1, 3}, absl::Milliseconds(20));
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(*fetched, nullptr);
}

TEST_F(FetchTest, ManyWaitersOfDifferentVersionsEachGetTheirs) {
  StartServer();
  endpoint_.Publish(1);
  constexpr int kWaiters = 8;
  auto client = NewClient();
  std::vector<Fetched> fetched(kWaiters);
  {
    std::vector<Thread> waiters;
    for (int i = 0; i < kWaiters; ++i) {
      waiters.emplace_back("waiter", [&, i, version = uint64_t{2} + i] {
        const uint64_t lease = 100 + i;  // a newer call of one lease would end an older
        fetched[i] = client->FetchParameters({lease, 5, 1, version}, kLong);
      });
    }
    ASSERT_TRUE(endpoint_.AwaitFetches(kWaiters));
    for (int version = 2; version < 2 + kWaiters; ++version) {
      endpoint_.Publish(version);
      server_->OnNewVersion(version);
    }
  }
  for (int i = 0; i < kWaiters; ++i) {
    ASSERT_TRUE(fetched[i].ok()) << fetched[i].status();
    ASSERT_NE(*fetched[i], nullptr);
    EXPECT_GE((*fetched[i])->version, 2 + i);
  }
}

TEST_F(FetchTest, AWaiterIsToldWhyTheLearnerEnds) {
  for (const ServiceEnd end : {ServiceEnd::kRunOver, ServiceEnd::kLearnerStopping}) {
    StartServer();
    auto client = NewClient();
    const int before = end == ServiceEnd::kRunOver ? 1 : 2;
    Fetched fetched;
    Thread waiter("waiter", [&] { fetched = client->FetchParameters({7, 5, 1, 2}, kLong); });
    ASSERT_TRUE(endpoint_.AwaitFetches(before));
    StopServer(end);
    waiter.Join();
    EXPECT_EQ(absl::IsCancelled(fetched.status()), end == ServiceEnd::kRunOver);
    EXPECT_EQ(absl::IsUnavailable(fetched.status()), end == ServiceEnd::kLearnerStopping);
    server_.reset();
  }
}

TEST_F(FetchTest, AWaiterThatLeavesIsForgotten) {
  StartServer();
  auto client = NewClient();
  Fetched fetched;
  Thread waiter("waiter", [&] { fetched = client->FetchParameters({7, 5, 1, 2}, kLong); });
  ASSERT_TRUE(endpoint_.AwaitFetches(1));
  client->Shutdown();
  waiter.Join();
  EXPECT_TRUE(absl::IsCancelled(fetched.status())) << fetched.status();
  // Would not return while the call is still there.
  StopServer(ServiceEnd::kLearnerStopping);
}

TEST_F(FetchTest, ParametersAboveTheLimitOfAMessageComeInParts) {
  options_.transport.set_max_message_bytes(5000);
  StartServer();
  endpoint_.Publish(3, 100000);
  const Fetched fetched = NewClient()->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ((*fetched)->values, std::vector<float>(100000, 3.0f));
}

TEST_F(FetchTest, ManyPartsReachManyClients) {
  StartServer();
  endpoint_.Publish(3, 5 << 20);
  std::vector<Fetched> fetched(4);
  {
    std::vector<Thread> clients;
    for (Fetched& mine : fetched) {
      clients.emplace_back("client", [&] {
        mine = NewClient()->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration());
      });
    }
  }
  for (const Fetched& mine : fetched) {
    ASSERT_TRUE(mine.ok()) << mine.status();
    EXPECT_EQ((*mine)->values.size(), size_t{5} << 20);
    EXPECT_EQ((*mine)->values.back(), 3.0f);
  }
}

// A call that reads its parameters for ever held on to them for ever.
TEST_F(FetchTest, AClientThatTakesNoPartIsCutOff) {
  options_.transport.set_call_timeout_seconds(0.3);
  StartServer();
  endpoint_.Publish(3, 16 << 20);
  grpc::ClientContext context;
  const auto stub = wire::Learner::NewStub(
      grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  const auto call = stub->FetchParameters(&context);
  wire::FetchRequest request;
  request.set_incarnation(5);
  call->WriteLast(request, grpc::WriteOptions());
  wire::ParametersMessage part;
  ASSERT_TRUE(call->Read(&part));
  // It reads no more; the learner's next version takes the last reference but that call's.
  const auto watch = endpoint_.Watch();
  endpoint_.Publish(4);
  EXPECT_TRUE(WaitUntil([&] { return watch.expired(); }));
  while (call->Read(&part)) {
  }
  EXPECT_FALSE(call->Finish().ok());
}

TEST_F(FetchTest, ParametersAboveTheClientsLimitAreRefusedNamingTheSetting) {
  StartServer();
  endpoint_.Publish(1, 1000);
  options_.transport.set_max_message_bytes(1000);
  const absl::Status status =
      NewClient()->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("transport.max_message_bytes"));
}

class CountingWaiter : public VersionWaiter {
 public:
  void OnWaitEnd() override {
    MutexLock lock(mu_);
    ++ends_;
    changed_.NotifyAll();
  }
  bool AwaitEnd() {
    MutexLock lock(mu_);
    return changed_.WaitFor(mu_, kTestLimit,
                            [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return ends_ == 1; });
  }

 private:
  Mutex mu_;
  CondVar changed_;
  int ends_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST(VersionWaitersTest, AVersionPublishedBeforeTheWaitEndsItAtOnce) {
  CountingWaiter waiter;
  VersionWaiters waiters(1);
  waiters.Publish(4);
  ASSERT_TRUE(waiters.Add(&waiter, 0, 3, 1e9));
  EXPECT_TRUE(waiter.AwaitEnd());
  EXPECT_FALSE(waiters.Remove(&waiter));
}

TEST(VersionWaitersTest, ANumberOfWaitersAtMost) {
  CountingWaiter one, two;
  VersionWaiters waiters(1);
  ASSERT_TRUE(waiters.Add(&one, 0, 3, 1e9));
  EXPECT_FALSE(waiters.Add(&two, 0, 3, 1e9));
  EXPECT_TRUE(waiters.Remove(&one));
  EXPECT_TRUE(waiters.Add(&two, 0, 3, 1e9));
}

// One lease kept as many calls open as it liked.
TEST(VersionWaitersTest, TheNewestOfAKeyEndsTheOneBeforeIt) {
  CountingWaiter one, two, other;
  VersionWaiters waiters(2);
  ASSERT_TRUE(waiters.Add(&one, 7, 3, 1e9));
  ASSERT_TRUE(waiters.Add(&other, 8, 3, 1e9));
  // In its place, though all are taken.
  ASSERT_TRUE(waiters.Add(&two, 7, 3, 1e9));
  EXPECT_TRUE(one.AwaitEnd());
  EXPECT_FALSE(waiters.Remove(&one));
  EXPECT_TRUE(waiters.Remove(&two));
  EXPECT_TRUE(waiters.Remove(&other));
}

TEST(VersionWaitersTest, AfterStopNobodyWaits) {
  CountingWaiter one, two;
  VersionWaiters waiters(2);
  ASSERT_TRUE(waiters.Add(&one, 0, 3, 1e9));
  waiters.Stop();
  EXPECT_FALSE(waiters.Add(&two, 0, 3, 1e9));
  EXPECT_TRUE(waiters.Remove(&one));
}

}  // namespace
}  // namespace nyala
