// How connections end: the run's end, a stop, lost peers, and what is sent again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/base/thread.h"
#include "tests/common/wire/transport_fixture.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

class EndingTest : public TransportFixture {
 protected:
  // Submits until an error, which it returns; more than any test lets through is an error too.
  static absl::Status SubmitUntilError(UnrollStream& stream) {
    for (uint64_t sequence = 1; sequence < 1000000; ++sequence) {
      const auto reply = stream.Submit(TestUnroll(TestSpec(), sequence).view());
      if (!reply.ok()) return reply.status();
    }
    return absl::InternalError("the stream never ended");
  }
};

TEST_F(EndingTest, AnIdleStreamLearnsAtItsNextSubmitThatTheRunIsOver) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  StopServer(ServiceEnd::kRunOver);
  EXPECT_TRUE(absl::IsCancelled(SubmitUntilError(*stream)));
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(0));
  EXPECT_TRUE(absl::IsCancelled(client->Join({}).status()));
  EXPECT_TRUE(absl::IsCancelled(client->OpenUnrollStream(7, 1).status()));
}

TEST_F(EndingTest, AnIdleStreamLearnsAtItsNextSubmitThatTheLearnerLeft) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  StopServer(ServiceEnd::kLearnerStopping);
  const absl::Status status = SubmitUntilError(*stream);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::IsUnavailable(client->Join({}).status()));
}

TEST_F(EndingTest, BusyStreamsAreAllAnsweredWhenTheServerStops) {
  for (const ServiceEnd end : {ServiceEnd::kRunOver, ServiceEnd::kLearnerStopping}) {
    FakeEndpoint endpoint;
    auto server = LearnerServer::Start(options_, endpoint, nullptr);
    ASSERT_TRUE(server.ok()) << server.status();
    auto client = JoinedClient();
    constexpr int kStreams = 8;
    std::vector<absl::Status> ends(kStreams);
    {
      std::vector<Thread> threads;
      for (int i = 0; i < kStreams; ++i) {
        threads.emplace_back("submitter", [&, i] {
          auto stream = client->OpenUnrollStream(7, 1);
          ends[i] = stream.ok() ? SubmitUntilError(**stream) : stream.status();
        });
      }
      EXPECT_TRUE(endpoint.AwaitOpenStreams(kStreams));
      EXPECT_TRUE(endpoint.AwaitSubmitted(100));
      (*server)->Stop(end);
    }
    for (const absl::Status& status : ends) {
      EXPECT_EQ(absl::IsCancelled(status), end == ServiceEnd::kRunOver) << status;
      EXPECT_EQ(absl::IsUnavailable(status), end == ServiceEnd::kLearnerStopping) << status;
    }
    EXPECT_TRUE(endpoint.AwaitOpenStreams(0));
  }
}

TEST_F(EndingTest, AStopWhileTheLearnerIsFullAnswersWhoWaits) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  absl::Status end;
  Thread submitter("submitter", [&] { end = SubmitUntilError(*stream); });
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  StopServer(ServiceEnd::kRunOver);
  submitter.Join();
  EXPECT_TRUE(absl::IsCancelled(end)) << end;
}

TEST_F(EndingTest, AClientThatVanishesLeavesNothingBehind) {
  StartServer();
  endpoint_.SetFull(true);
  {
    auto client = JoinedClient();
    auto blocked = OpenStream(*client);
    auto idle = OpenStream(*client);
    ASSERT_TRUE(blocked->Submit(TestUnroll(TestSpec()).view()).ok());
    ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  }
  // The blocked one is the endpoint's until it answers.
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(1));
  endpoint_.SetFull(false);
  EXPECT_TRUE(endpoint_.AwaitOpenStreams(0));
  auto client = JoinedClient();
  EXPECT_TRUE(OpenStream(*client)->Submit(TestUnroll(TestSpec()).view()).ok());
}

TEST_F(EndingTest, ShutdownInterruptsASubmitThatWaits) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  absl::Status end;
  Thread submitter("submitter", [&] { end = SubmitUntilError(*stream); });
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  client->Shutdown();
  submitter.Join();
  EXPECT_TRUE(absl::IsCancelled(end)) << end;
  EXPECT_TRUE(absl::IsCancelled(client->Join({}).status()));
  EXPECT_TRUE(absl::IsCancelled(client->OpenUnrollStream(7, 1).status()));
}

TEST_F(EndingTest, AGoodbyeIsHeardAfterShutdown) {
  StartServer();
  auto client = JoinedClient();
  client->Shutdown();
  EXPECT_TRUE(client->Leave({7, "told to stop", "host", 12}).ok());
  ASSERT_EQ(endpoint_.goodbyes().size(), 1u);
  EXPECT_EQ(endpoint_.goodbyes()[0].lease, 7u);
  EXPECT_EQ(endpoint_.goodbyes()[0].reason, "told to stop");
  EXPECT_EQ(endpoint_.goodbyes()[0].host, "host");
  EXPECT_EQ(endpoint_.goodbyes()[0].pid, 12);
}

TEST_F(EndingTest, NobodyThereIsUnavailable) {
  auto client = NewClient();
  const absl::Status status = client->Join({}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(EndingTest, UnacknowledgedUnrollsAreSentAgainToTheSameIncarnation) {
  endpoint_.join_reply.config.mutable_actor()->set_window(3);
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    ASSERT_TRUE(stream->Submit(TestUnroll(TestSpec(), sequence).view()).ok());
  }
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  StopServer(ServiceEnd::kLearnerStopping);
  ASSERT_TRUE(absl::IsUnavailable(stream->Submit(TestUnroll(TestSpec(), 4).view()).status()));
  stream.reset();
  server_.reset();

  FakeEndpoint again;
  auto server = LearnerServer::Start(options_, again, nullptr);
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE(client->Join({}).ok());
  stream = OpenStream(*client);
  EXPECT_TRUE(again.AwaitSubmitted(4));
  ASSERT_TRUE(stream->Submit(TestUnroll(TestSpec(), 5).view()).ok());
  EXPECT_TRUE(again.AwaitSubmitted(5));
  const auto submitted = again.submitted();
  for (size_t i = 0; i < submitted.size(); ++i) EXPECT_EQ(submitted[i].sequence, i + 1);
  stream.reset();
  (*server)->Stop(ServiceEnd::kLearnerStopping);
}

TEST_F(EndingTest, AnotherIncarnationIsNotSentWhatItNeverAskedFor) {
  StartServer();
  auto client = JoinedClient();
  auto stream = OpenStream(*client);
  endpoint_.SetFull(true);
  ASSERT_TRUE(stream->Submit(TestUnroll(TestSpec(), 1).view()).ok());
  ASSERT_TRUE(endpoint_.AwaitBlocked(1));
  StopServer(ServiceEnd::kLearnerStopping);
  ASSERT_TRUE(absl::IsUnavailable(SubmitUntilError(*stream)));
  stream.reset();
  server_.reset();

  FakeEndpoint again;
  again.join_reply.incarnation = 6;
  again.join_reply.config.mutable_actor()->set_window(0);
  auto server = LearnerServer::Start(options_, again, nullptr);
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE(client->Join({}).ok());
  stream = OpenStream(*client);
  ASSERT_TRUE(stream->Submit(TestUnroll(TestSpec(), 9).view()).ok());
  ASSERT_EQ(again.submitted().size(), 1);
  EXPECT_EQ(again.submitted()[0].sequence, 9);
  stream.reset();
  (*server)->Stop(ServiceEnd::kLearnerStopping);
}

TEST_F(EndingTest, ALiveSocketIsInUseAndAnEndedServersFileIsGone) {
  StartServer();
  FakeEndpoint other;
  const absl::Status status = LearnerServer::Start(options_, other, nullptr).status();
  EXPECT_EQ(status.message(), "cannot listen on " + options_.listen + ": address already in use");
  EXPECT_TRUE(NewClient()->Join({}).ok());
  server_.reset();
  EXPECT_NE(access((dir_ / "socket").c_str(), F_OK), 0);
}

TEST_F(EndingTest, APortInUseIsAnErrorInOneLine) {
  options_.listen = "127.0.0.1:0";
  StartServer();
  EXPECT_THAT(server_->address(), testing::Not(HasSubstr(":0")));
  EXPECT_TRUE(NewClient()->Join({}).ok());
  options_.listen = server_->address();
  FakeEndpoint other;
  EXPECT_EQ(LearnerServer::Start(options_, other, nullptr).status().message(),
            "cannot listen on " + server_->address() + ": address already in use");
}

}  // namespace
}  // namespace nyala
