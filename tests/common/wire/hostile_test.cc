// Peers that are no actors: what they cost a learner before their token was seen, and while they
// keep it waiting.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "common/base/thread.h"
#include "nyala/health.grpc.pb.h"
#include "nyala/learner.grpc.pb.h"
#include "tests/common/wire/transport_fixture.h"
#include "tests/support/reflection.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

class HostileTest : public TransportFixture {
 protected:
  HostileTest() {
    options_.listen = "127.0.0.1:0";
    options_.security.token = "secret";
  }

  // A TCP connection that says nothing.
  int Connect() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(
        std::stoi(server_->address().substr(server_->address().rfind(':') + 1))));
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    return fd;
  }

  // Whether the other side closes it.
  static bool IsClosed(int fd) {
    return WaitUntil([fd] {
      char bytes[4096];
      pollfd waiting = {fd, POLLIN, 0};
      return poll(&waiting, 1, 100) == 1 && read(fd, bytes, sizeof(bytes)) <= 0;
    });
  }

  // Speaks to a server with TLS without it, until it is closed.
  void FailHandshake() const {
    const int plain = Connect();
    const std::string hello = "GET / HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(plain, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
    EXPECT_TRUE(IsClosed(plain));
    close(plain);
  }

  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  // One Join of `bytes` zeros, compressed or not; what the learner says.
  grpc::Status Bomb(size_t bytes, bool compressed, bool with_token) const {
    grpc::ClientContext context;
    if (with_token) context.AddMetadata("authorization", "Bearer secret");
    if (compressed) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    context.set_deadline(std::chrono::system_clock::now() + kTestLimit);
    const auto stub = wire::Learner::NewStub(Channel());
    wire::JoinRequest request;
    request.set_host(std::string(bytes, '\0'));
    const auto call = stub->Join(&context);
    call->WriteLast(request, grpc::WriteOptions());
    wire::JoinResponse response;
    call->Read(&response);
    return call->Finish();
  }
};

// 0.6 MB without a token took 650 MB that stayed.
TEST_F(HostileTest, ACompressedBombIsRefusedBeforeItIsInflated) {
  StartServer();
  for (const bool with_token : {false, true}) {
    const grpc::Status status = Bomb(40 << 20, true, with_token);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("gzip"));
  }
  EXPECT_TRUE(endpoint_.joins().empty());
}

TEST_F(HostileTest, ALargeSmallCallIsRefused) {
  StartServer();
  EXPECT_EQ(Bomb(1 << 20, false, false).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const grpc::Status status = Bomb(1 << 20, false, true);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_TRUE(endpoint_.joins().empty());
  EXPECT_TRUE(NewClient(options_.security)->Join({}).ok());
}

// The request itself never comes: only the metadata were needed to refuse.
TEST_F(HostileTest, ATokenIsJudgedBeforeTheRequestIsRead) {
  StartServer();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestLimit);
  const auto stub = wire::Learner::NewStub(Channel());
  const auto call = stub->GetStatus(&context);
  wire::StatusResponse response;
  EXPECT_FALSE(call->Read(&response));
  EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(HostileTest, ARequestThatNeverComesEndsItsCall) {
  options_.transport.set_call_timeout_seconds(0.2);
  StartServer();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer secret");
  context.set_deadline(std::chrono::system_clock::now() + kTestLimit);
  const auto stub = wire::Learner::NewStub(Channel());
  const auto call = stub->GetStatus(&context);
  wire::StatusResponse response;
  EXPECT_FALSE(call->Read(&response));
  const grpc::Status status = call->Finish();
  EXPECT_THAT(status.error_message(), HasSubstr("did not come in time"));
}

TEST_F(HostileTest, AConnectionThatSaysNothingIsClosed) {
  options_.transport.set_authentication_seconds(0.2);
  StartServer();
  const int silent = Connect();
  EXPECT_TRUE(IsClosed(silent));
  // The library's own limit came first: it was neither counted nor said.
  EXPECT_TRUE(WaitUntil([&] { return server_->door().unauthenticated == 1; }));
  close(silent);
}

TEST_F(HostileTest, AConnectionThatNeverBeginsTlsIsClosedAndNoFailedHandshake) {
  options_.security.cert_file = NYALA_TEST_DATA "/cert.pem";
  options_.security.key_file = NYALA_TEST_DATA "/key.pem";
  options_.transport.set_authentication_seconds(0.2);
  StartServer();
  const int silent = Connect();
  EXPECT_TRUE(IsClosed(silent));
  close(silent);
  const int other = Connect();
  EXPECT_TRUE(IsClosed(other));  // two sweeps later
  close(other);
  EXPECT_TRUE(WaitUntil([&] { return server_->door().unauthenticated == 2; }));
  EXPECT_EQ(server_->door().failed_handshakes, 0u);
}

// It speaks HTTP/2 and never makes a call: the preface, and empty settings.
TEST_F(HostileTest, AConnectionThatOnlyGreetsIsClosed) {
  options_.transport.set_authentication_seconds(0.2);
  StartServer();
  const int greeting = Connect();
  const std::string hello =
      std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string("\0\0\0\4\0\0\0\0\0", 9);
  EXPECT_EQ(write(greeting, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
  EXPECT_TRUE(IsClosed(greeting));
  EXPECT_TRUE(WaitUntil([&] { return server_->door().unauthenticated == 1; }));
  close(greeting);
}

TEST_F(HostileTest, AnActorStaysConnectedHoweverLongItIsIdle) {
  options_.transport.set_authentication_seconds(0.2);
  StartServer();
  auto client = NewClient(options_.security);
  ASSERT_TRUE(client->Join({}).ok());
  const int silent = Connect();
  EXPECT_TRUE(IsClosed(silent));  // by then its own time would be over
  close(silent);
  EXPECT_TRUE(client->GetStatus().ok());
  EXPECT_EQ(server_->door().connections, 2u);
}

// Descriptors ran out, gRPC's listener gave up for good, no checkpoint was written any more.
TEST_F(HostileTest, ConnectionsBeyondTheLimitWaitAndActorsGetInOnceTheyAreClosed) {
  options_.most_connections = 4;
  options_.transport.set_authentication_seconds(0.5);
  StartServer();
  std::vector<int> idle;
  for (int i = 0; i < 12; ++i) idle.push_back(Connect());
  auto client = NewClient(options_.security);
  const auto reply = client->Join({});
  EXPECT_TRUE(reply.ok()) << reply.status();
  for (const int fd : idle) close(fd);
}

// A peer whose window is 0 can be sent no answer: the learner waited for it at its end, for ever.
TEST_F(HostileTest, AnAnswerThatIsNeverTakenHoldsUpNoEnd) {
  options_.security.token = "";
  StartServer();
  const int peer = Connect();
  const auto frame = [](uint8_t type, uint8_t flags, uint8_t stream, const std::string& payload) {
    std::string bytes = {0,
                         0,
                         static_cast<char>(payload.size()),
                         static_cast<char>(type),
                         static_cast<char>(flags),
                         0,
                         0,
                         0,
                         static_cast<char>(stream)};
    return bytes + payload;
  };
  const auto header = [](const std::string& name, const std::string& value) {
    std::string bytes(1, '\0');
    bytes += static_cast<char>(name.size());
    bytes += name;
    bytes += static_cast<char>(value.size());
    return bytes + value;
  };
  const std::string window_0("\0\4\0\0\0\0", 6);
  const std::string headers = header(":method", "POST") + header(":scheme", "http") +
                              header(":path", "/nyala.wire.Learner/GetStatus") +
                              header(":authority", "x") + header("te", "trailers") +
                              header("content-type", "application/grpc");
  const std::string hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, window_0) +
                            frame(1, 4, 1, headers) + frame(0, 1, 1, std::string(5, '\0'));
  ASSERT_EQ(write(peer, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
  EXPECT_TRUE(WaitUntil([&] { return asked_ > 0; }));
  server_.reset();  // returns
  close(peer);
}

// 300 sockets that came back whenever they were closed kept everybody out.
TEST_F(HostileTest, SilentConnectionsMakeRoomForNewcomers) {
  options_.most_connections = 4;
  options_.transport.set_authentication_seconds(1000);
  StartServer();
  std::vector<int> idle;
  for (int i = 0; i < 12; ++i) idle.push_back(Connect());
  auto client = NewClient(options_.security);
  const auto reply = client->Join({});
  EXPECT_TRUE(reply.ok()) << reply.status();
  // Who has made a call stays.
  for (int i = 0; i < 12; ++i) idle.push_back(Connect());
  EXPECT_TRUE(WaitUntil([&] { return server_->door().unauthenticated >= 19; }));
  EXPECT_TRUE(client->GetStatus().ok());
  for (const int fd : idle) close(fd);
}

// Anybody could fill a learner's memory with health requests that never end.
TEST_F(HostileTest, HealthIsAnsweredWithoutReadingWhatIsAsked) {
  StartServer();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestLimit);
  const auto stub = grpc::health::v1::Health::NewStub(Channel());
  const auto call = stub->Check(&context);  // and no request
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(call->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_TRUE(call->Finish().ok());
}

TEST_F(HostileTest, AHealthWatchHearsOfTheEnd) {
  StartServer();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestLimit);
  const auto stub = grpc::health::v1::Health::NewStub(Channel());
  const auto call = stub->Watch(&context);
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(call->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  Thread stopper("stopper", [this] { StopServer(ServiceEnd::kLearnerStopping); });
  ASSERT_TRUE(call->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(call->Finish().ok());
}

TEST_F(HostileTest, AWrongTokenIsCounted) {
  StartServer();
  TransportSecurity wrong;
  wrong.token = "guess";
  EXPECT_FALSE(NewClient(wrong)->Join({}).ok());
  EXPECT_FALSE(NewClient()->GetStatus().ok());
  EXPECT_TRUE(WaitUntil([&] { return server_->door().refused_calls == 2; }));
}

TEST_F(HostileTest, AFailedHandshakeIsCounted) {
  options_.security.cert_file = NYALA_TEST_DATA "/cert.pem";
  options_.security.key_file = NYALA_TEST_DATA "/key.pem";
  StartServer();
  FailHandshake();
  EXPECT_TRUE(WaitUntil([&] { return server_->door().failed_handshakes == 1; }));
}

// Silent connections swallowed them, or a probe that had gone was blamed.
TEST_F(HostileTest, FailedHandshakesAreCountedBesideSilentConnections) {
  options_.security.cert_file = NYALA_TEST_DATA "/cert.pem";
  options_.security.key_file = NYALA_TEST_DATA "/key.pem";
  options_.transport.set_authentication_seconds(0.2);
  StartServer();
  std::vector<int> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(Connect());
  for (const int fd : silent) EXPECT_TRUE(IsClosed(fd));
  for (int i = 0; i < 5; ++i) FailHandshake();
  EXPECT_TRUE(WaitUntil([&] { return server_->door().failed_handshakes == 5; }));
  EXPECT_TRUE(WaitUntil([&] { return server_->door().unauthenticated == 8; }));
  for (const int fd : silent) close(fd);
}

int Threads() {
  std::FILE* const file = std::fopen("/proc/self/stat", "r");
  char line[1024] = "";
  EXPECT_NE(std::fgets(line, sizeof(line), file), nullptr);
  std::fclose(file);
  int threads = 0;
  std::sscanf(std::strrchr(line, ')'),
              ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
              "%*d %*d %*d %d",
              &threads);
  return threads;
}

// 1,500 idle reflection streams made 1,520 threads.
TEST_F(HostileTest, ReflectionStreamsDoNotMakeThreadsWithoutEnd) {
  StartServer();
  const auto channel = Channel();
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  constexpr int kCalls = 300;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> calls;
  const int before = Threads();
  for (int i = 0; i < kCalls; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    calls.push_back(
        stub.PrepareCall(contexts.back().get(),
                         "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue));
    calls.back()->StartCall(nullptr);
  }
  void* tag = nullptr;
  bool ok = false;
  for (int i = 0; i < kCalls; ++i) queue.Next(&tag, &ok);
  // A call of ours, so that the server has had its turn.
  EXPECT_TRUE(NewClient(options_.security)->GetStatus().ok());
  EXPECT_LT(Threads() - before, 64);
  for (auto& context : contexts) context->TryCancel();
  calls.clear();
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST_F(HostileTest, ReflectionIsThereWhereAskedFor) {
  for (const bool there : {true, false}) {
    options_.reflection = there;
    StartServer();
    const grpc::Status status = AskForReflection(Channel());
    EXPECT_EQ(status.ok(), there) << status.error_message();
    server_.reset();
  }
}

TEST_F(HostileTest, AStreamBeyondTheLimitIsToldThatAllPlacesAreTaken) {
  options_.security.token = "";
  options_.transport.set_max_streams(1);
  StartServer();
  auto client = JoinedClient();
  auto first = OpenStream(*client);
  const absl::Status status = client->OpenUnrollStream(7, 1).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("transport.max_streams"));
  first.reset();
  EXPECT_TRUE(WaitUntil([&] { return client->OpenUnrollStream(7, 1).ok(); }));
}

// One that had made a call kept its place for ever.
TEST_F(HostileTest, AConnectionThatIsIdleAfterItsCallGivesItsPlaceBack) {
  options_.most_connections = 1;
  options_.transport.set_lease_seconds(2);
  StartServer();
  auto idle = NewClient(options_.security);
  ASSERT_TRUE(idle->GetStatus().ok());
  auto newcomer = NewClient(options_.security);
  EXPECT_TRUE(WaitUntil([&] { return newcomer->GetStatus().ok(); }));
}

}  // namespace
}  // namespace nyala
