#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "common/wire/credentials.h"
#include "tests/common/wire/transport_fixture.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

const char kCert[] = NYALA_TEST_DATA "/cert.pem";
const char kKey[] = NYALA_TEST_DATA "/key.pem";

TransportSecurity WithToken(const std::string& token) {
  TransportSecurity security;
  security.token = token;
  return security;
}

class SecurityTest : public TransportFixture {
 protected:
  absl::Status StartStatus() { return LearnerServer::Start(options_, endpoint_, nullptr).status(); }
};

TEST_F(SecurityTest, ACallWithoutOrWithAWrongTokenIsUnauthenticated) {
  options_.security = WithToken("secret");
  StartServer();
  for (const char* token : {"", "wrong!", "secretsecret"}) {
    auto client = NewClient(WithToken(token));
    EXPECT_TRUE(absl::IsUnauthenticated(client->Join({}).status()));
    EXPECT_TRUE(absl::IsUnauthenticated(client->GetStatus().status()));
    EXPECT_TRUE(absl::IsUnauthenticated(client->OpenUnrollStream(7, 1).status()));
    EXPECT_TRUE(absl::IsUnauthenticated(
        client->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration()).status()));
  }
  EXPECT_TRUE(endpoint_.joins().empty());
}

TEST_F(SecurityTest, ACallWithTheTokenIsServed) {
  NoWindow();
  options_.security = WithToken("secret");
  StartServer();
  auto client = NewClient(WithToken("secret"));
  ASSERT_TRUE(client->Join({}).ok());
  EXPECT_TRUE(OpenStream(*client)->Submit(TestUnroll(TestSpec()).view()).ok());
  EXPECT_TRUE(client->FetchParameters({7, 5, 0, 0}, absl::ZeroDuration()).ok());
}

TEST_F(SecurityTest, ATokenThatCannotTravelIsRefused) {
  options_.security = WithToken("two words\n");
  EXPECT_TRUE(absl::IsInvalidArgument(StartStatus()));
}

TEST_F(SecurityTest, AWideAddressTakesTlsAndATokenOrTheWordInsecure) {
  options_.listen = "0.0.0.0:0";
  absl::Status status = StartStatus();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("insecure"));
  options_.security.token = "secret";
  EXPECT_TRUE(absl::IsInvalidArgument(StartStatus()));
  options_.security.cert_file = kCert;
  EXPECT_THAT(std::string(StartStatus().message()), HasSubstr("key"));
  options_.security.key_file = kKey;
  EXPECT_TRUE(StartStatus().ok());
  options_.security = {};
  options_.security.insecure = true;
  EXPECT_TRUE(StartStatus().ok());
}

TEST_F(SecurityTest, AClientOfAWideAddressTakesTlsOrTheWordInsecure) {
  LearnerClientOptions options;
  options.address = "192.0.2.1:5000";
  const absl::Status status = GrpcLearnerClient::Create(options).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("insecure"));
  options.security.insecure = true;
  EXPECT_TRUE(GrpcLearnerClient::Create(options).ok());
}

TEST_F(SecurityTest, TlsCarriesUnrolls) {
  NoWindow();
  options_.listen = "127.0.0.1:0";
  options_.security.cert_file = kCert;
  options_.security.key_file = kKey;
  StartServer();
  TransportSecurity trusting;
  trusting.ca_file = kCert;
  auto client = NewClient(trusting);
  ASSERT_TRUE(client->Join({}).ok());
  EXPECT_TRUE(OpenStream(*client)->Submit(TestUnroll(TestSpec(2000, 16)).view()).ok());
  // Without trust, or without TLS, there is no connection.
  EXPECT_TRUE(absl::IsUnavailable(NewClient()->Join({}).status()));
}

TEST_F(SecurityTest, OneSideWithoutTlsIsToldSo) {
  options_.listen = "127.0.0.1:0";
  StartServer();
  TransportSecurity tls;
  tls.ca_file = NYALA_TEST_DATA "/cert.pem";
  EXPECT_THAT(std::string(NewClient(tls)->Join({}).status().message()),
              HasSubstr("a learner without TLS, which takes no --tls-ca"));
  server_.reset();
  options_.security.cert_file = NYALA_TEST_DATA "/cert.pem";
  options_.security.key_file = NYALA_TEST_DATA "/key.pem";
  StartServer();
  EXPECT_THAT(std::string(NewClient()->Join({}).status().message()),
              HasSubstr("a learner with TLS, which takes --tls-ca=FILE"));
}

// It started, and every handshake failed, without a word on either side.
TEST_F(SecurityTest, AFileThatIsNoKeyOrCertificateIsNamed) {
  const std::string text = dir_ / "text";
  std::ofstream(text) << "hello";
  options_.security.cert_file = kCert;
  options_.security.key_file = text;
  EXPECT_EQ(StartStatus(),
            absl::InvalidArgumentError(text + " holds no private key (PEM, without a password)"));
  options_.security.cert_file = text;
  EXPECT_EQ(StartStatus(), absl::InvalidArgumentError(text + " holds no certificate (PEM)"));
  TransportSecurity authority;
  authority.ca_file = text;
  EXPECT_EQ(ChannelCredentialsFor(*ParseAddress("localhost:1"), authority).status(),
            absl::InvalidArgumentError(text + " holds no certificate (PEM)"));
}

TEST_F(SecurityTest, AnotherCertificatesKeyIsRefused) {
  const std::string other = dir_ / "other.pem";
  ASSERT_EQ(std::system(("openssl ecparam -name prime256v1 -genkey -noout -out " + other).c_str()),
            0);
  options_.security.cert_file = kCert;
  options_.security.key_file = other;
  EXPECT_THAT(std::string(StartStatus().message()), HasSubstr("is not that of the certificate in"));
}

TEST_F(SecurityTest, AFileThatCannotBeReadIsNamed) {
  options_.security.cert_file = "/no/such/cert.pem";
  options_.security.key_file = kKey;
  const absl::Status status = StartStatus();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/cert.pem"));
}

TEST_F(SecurityTest, HealthAnswersProbesWithoutAToken) {
  options_.security = WithToken("secret");
  StartServer();
  auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::GenericStub stub(channel);
  // HealthCheckRequest{service: "nyala.wire.Learner"}; the answer's status 1 is SERVING.
  const grpc::Slice slice(std::string("\x0a\x12nyala.wire.Learner"));
  grpc::ByteBuffer request(&slice, 1), response;
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  ASSERT_TRUE(status.ok()) << status.error_message();
  grpc::Slice answer;
  ASSERT_TRUE(response.DumpToSingleSlice(&answer).ok());
  EXPECT_EQ(std::string(answer.begin(), answer.end()), "\x08\x01");
}

TEST_F(SecurityTest, ReflectionListsTheServiceWithoutAToken) {
  options_.security = WithToken("secret");
  StartServer();
  auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto next = [&] { return queue.Next(&tag, &ok) && ok; };
  auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(next());
  // ServerReflectionRequest{list_services: "*"}
  const grpc::Slice slice(std::string("\x3a\x01*"));
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  ASSERT_TRUE(next());
  grpc::Slice answer;
  ASSERT_TRUE(response.DumpToSingleSlice(&answer).ok());
  const std::string services(answer.begin(), answer.end());
  EXPECT_THAT(services, HasSubstr("nyala.wire.Learner"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  call->WritesDone(nullptr);
  ASSERT_TRUE(next());
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(next());
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(SameSecretTest, IsEquality) {
  EXPECT_TRUE(SameSecret("", ""));
  EXPECT_TRUE(SameSecret("abc", "abc"));
  EXPECT_FALSE(SameSecret("abc", "abd"));
  EXPECT_FALSE(SameSecret("abc", "ab"));
}

}  // namespace
}  // namespace nyala
