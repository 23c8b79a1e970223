// A server over a FakeEndpoint and clients of it, in one process.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "common/wire/client/client.h"
#include "common/wire/server/server.h"
#include "tests/common/wire/fake_endpoint.h"
#include "tests/support/scratch_dir.h"

namespace nyala {

class TransportFixture : public testing::Test {
 protected:
  TransportFixture() { options_.listen = "unix:" + dir_ / "socket"; }

  ~TransportFixture() override {
    endpoint_.Close(absl::UnavailableError("the test is over"));
    endpoint_.SetFull(false);
  }

  void StartServer() {
    auto server = LearnerServer::Start(options_, endpoint_, [this] {
      ++asked_;
      LearnerStatus status;
      status.frames = 123;
      return status;
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void StopServer(ServiceEnd end) {
    endpoint_.Close(end == ServiceEnd::kRunOver ? absl::CancelledError("run over")
                                                : absl::UnavailableError("stopping"));
    server_->Stop(end);
  }

  std::unique_ptr<GrpcLearnerClient> NewClient(TransportSecurity security = {}) {
    LearnerClientOptions options;
    options.address = server_ == nullptr ? options_.listen : server_->address();
    options.security = std::move(security);
    options.transport = options_.transport;
    auto client = GrpcLearnerClient::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  std::unique_ptr<GrpcLearnerClient> JoinedClient() {
    auto client = NewClient();
    const auto reply = client->Join({});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return client;
  }

  std::unique_ptr<UnrollStream> OpenStream(GrpcLearnerClient& client) {
    auto stream = client.OpenUnrollStream(7, 1);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? *std::move(stream) : nullptr;
  }

  // Every Submit waits for its own ack.
  void NoWindow() { endpoint_.join_reply.config.mutable_actor()->set_window(0); }

  std::atomic<int> asked_{0};  // for its status
  const ScratchDir dir_;
  FakeEndpoint endpoint_;
  LearnerServerOptions options_;
  std::unique_ptr<LearnerServer> server_;
};

}  // namespace nyala
