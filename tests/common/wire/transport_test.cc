#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/base/thread.h"
#include "common/wire/codec/unroll_codec.h"
#include "tests/common/wire/transport_fixture.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

// How long something that must not happen is given to happen.
constexpr std::chrono::milliseconds kQuietTime(300);

// A number that threads raise and others wait for.
class Counter {
 public:
  void Increase() {
    MutexLock lock(mu_);
    ++count_;
    changed_.NotifyAll();
  }
  bool Await(int count, std::chrono::nanoseconds limit) {
    MutexLock lock(mu_);
    return changed_.WaitFor(mu_, limit,
                            [=]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return count_ >= count; });
  }

 private:
  Mutex mu_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

class TransportTest : public TransportFixture {};

TEST_F(TransportTest, JoinReachesTheEndpointAndBringsItsReply) {
  endpoint_.join_reply.run_dir = "/runs/x";
  StartServer();
  auto client = NewClient();
  const auto reply = client->Join({42, "box", 1, 2, 3});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->run_dir, "/runs/x");
  ASSERT_EQ(endpoint_.joins().size(), 1);
  EXPECT_EQ(endpoint_.joins()[0].actor_key, 42);
}

TEST_F(TransportTest, GetStatusAsksTheProvider) {
  StartServer();
  const auto status = NewClient()->GetStatus();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->frames, 123);
}

TEST_F(TransportTest, UnrollsArriveWholeAndInOrder) {
  NoWindow();
  const Unroll sent = TestUnroll(TestSpec());
  std::atomic<bool> same{true};
  endpoint_.on_submit = [&](const UnrollView& got) -> absl::StatusOr<SubmitReply> {
    same = same && got.observations == sent.view().observations &&
           got.rewards == sent.view().rewards && got.resume_state == sent.resume_state &&
           ValidateUnroll(got, sent.spec).ok();
    return SubmitReply{UnrollVerdict::kAccepted, got.id.sequence + 100, ""};
  };
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  for (uint64_t sequence = 1; sequence <= 50; ++sequence) {
    const auto reply = stream->Submit(TestUnroll(TestSpec(), sequence).view());
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->newest_version, sequence + 100);
  }
  const auto submitted = endpoint_.submitted();
  ASSERT_EQ(submitted.size(), 50);
  for (size_t i = 0; i < submitted.size(); ++i) EXPECT_EQ(submitted[i].sequence, i + 1);
  EXPECT_TRUE(same);
}

TEST_F(TransportTest, VerdictsPassAndTheStreamGoesOn) {
  NoWindow();
  endpoint_.on_submit = [](const UnrollView& unroll) -> absl::StatusOr<SubmitReply> {
    if (unroll.id.sequence == 1) return SubmitReply{UnrollVerdict::kDuplicate, 1, ""};
    if (unroll.id.sequence == 2) return SubmitReply{UnrollVerdict::kStale, 2, ""};
    return SubmitReply{UnrollVerdict::kAccepted, 3, ""};
  };
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  EXPECT_EQ(stream->Submit(TestUnroll(TestSpec(), 1).view())->verdict, UnrollVerdict::kDuplicate);
  EXPECT_EQ(stream->Submit(TestUnroll(TestSpec(), 2).view())->verdict, UnrollVerdict::kStale);
  EXPECT_EQ(stream->Submit(TestUnroll(TestSpec(), 3).view())->verdict, UnrollVerdict::kAccepted);
}

TEST_F(TransportTest, OpeningIsTheEndpointsToRefuse) {
  StartServer();
  auto client = JoinedClient();
  const auto stream = client->OpenUnrollStream(8, 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(stream.status())) << stream.status();
  EXPECT_THAT(std::string(stream.status().message()), HasSubstr("lease"));
}

TEST_F(TransportTest, TheEndpointKnowsOfAStreamBeforeItsFirstUnroll) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(1));
  stream.reset();
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(0));
}

TEST_F(TransportTest, AMalformedUnrollEndsItsStreamAloneNamingTheField) {
  NoWindow();
  StartServer();
  auto client = JoinedClient();
  auto good = OpenStream(*client);
  auto bad = OpenStream(*client);
  Unroll unroll = TestUnroll(TestSpec());
  UnrollView view = unroll.view();
  view.rewards.remove_suffix(1);
  const absl::Status status = bad->Submit(view).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("'rewards'"));
  EXPECT_EQ(bad->Submit(unroll.view()).status(), status);
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(1));
  EXPECT_TRUE(good->Submit(unroll.view()).ok());
}

TEST_F(TransportTest, WhatTheEndpointRefusesTheClientIsTold) {
  NoWindow();
  endpoint_.on_submit = [](const UnrollView&) -> absl::StatusOr<SubmitReply> {
    return absl::InvalidArgumentError("unroll field 'rewards': element 3 is nan");
  };
  StartServer();
  auto client = JoinedClient();
  EXPECT_EQ(OpenStream(*client)->Submit(TestUnroll(TestSpec()).view()).status(),
            absl::InvalidArgumentError("unroll field 'rewards': element 3 is nan"));
}

TEST_F(TransportTest, AFullLearnerStopsTheClientAfterItsWindow) {
  endpoint_.join_reply.config.mutable_actor()->set_window(2);
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  Counter returned;
  absl::Status end;
  Thread submitter("submitter", [&] {
    for (uint64_t sequence = 1; sequence <= 20; ++sequence) {
      if (end = stream->Submit(TestUnroll(TestSpec(), sequence).view()).status(); !end.ok()) return;
      returned.Increase();
    }
  });
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  // Two are unacknowledged and the third waits.
  EXPECT_TRUE(returned.Await(2, kTestLimit));
  EXPECT_FALSE(returned.Await(3, kQuietTime));
  EXPECT_TRUE(endpoint_.submitted().empty());
  endpoint_.SetFull(false);
  submitter.Join();
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_TRUE(endpoint_.AwaitSubmitted(20));
}

TEST_F(TransportTest, AFullLearnerReadsNoFurtherUnrollOfAStream) {
  // Far more than what the connection may hold ahead of the learner's reading.
  endpoint_.join_reply.config.mutable_actor()->set_window(1000);
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  const UnrollSpec spec = TestSpec(2000, 16);  // 0.5 MB
  Counter handed_over;
  constexpr int kUnrolls = 100;
  Thread submitter("submitter", [&] {
    for (uint64_t sequence = 1; sequence <= kUnrolls; ++sequence) {
      if (!stream->Submit(TestUnroll(spec, sequence).view()).ok()) return;
      handed_over.Increase();
    }
  });
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  // The lookahead fits a few; everything else waits in the client's one Submit.
  EXPECT_FALSE(handed_over.Await(20, kQuietTime));
  endpoint_.SetFull(false);
  EXPECT_TRUE(endpoint_.AwaitSubmitted(kUnrolls));
  submitter.Join();
  EXPECT_TRUE(handed_over.Await(kUnrolls, kTestLimit));
}

TEST_F(TransportTest, AFullLearnerKeepsNobodyFromJoiningFetchingOrLeaving) {
  StartServer();
  endpoint_.Publish(3);
  auto client = JoinedClient();
  auto blocked = OpenStream(*client);
  auto other = OpenStream(*client);
  endpoint_.SetFull(true);
  ASSERT_TRUE(blocked->Submit(TestUnroll(TestSpec()).view()).ok());
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  EXPECT_TRUE(client->Join({}).ok());
  EXPECT_TRUE(client->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration()).ok());
  other.reset();
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(1));
}

TEST_F(TransportTest, AnUnrollAboveTheLimitIsRefusedBeforeItIsSent) {
  options_.transport.set_max_message_bytes(10000);
  *endpoint_.join_reply.config.mutable_transport() = options_.transport;
  StartServer();
  auto client = JoinedClient();
  const absl::Status status =
      OpenStream(*client)->Submit(TestUnroll(TestSpec(2000, 1)).view()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("transport.max_message_bytes = 10000"));
}

TEST_F(TransportTest, AnUnrollAboveTheLearnersLimitIsRefusedNamingTheSetting) {
  NoWindow();
  options_.transport.set_max_message_bytes(10000);
  StartServer();
  // The run's configuration says nothing: the client takes the default, which is larger.
  auto client = JoinedClient();
  const absl::Status status =
      OpenStream(*client)->Submit(TestUnroll(TestSpec(2000, 1)).view()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("transport.max_message_bytes"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("10000"));
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(0));
}

}  // namespace
}  // namespace nyala
