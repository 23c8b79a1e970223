#include "common/wire/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "common/wire/codec/codec.h"
#include "common/wire/protocol.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The messages that protocol version kVersion stands for.
constexpr uint32_t kVersion = 2;
constexpr uint64_t kSchema = 0x766978eb23f3a2c7;

TEST(Schema, AMessageThatChangesTakesANewProtocolVersion) {
  EXPECT_TRUE(kProtocolVersion == kVersion && SchemaHash() == kSchema) << absl::StrFormat(
      "What learner and actors say to each other is not what it was in protocol version %d.\n"
      "1. Raise kProtocolVersion (common/wire/protocol.h, now %d) once since the last release.\n"
      "2. Here, set kVersion to it and kSchema to 0x%016x.",
      kVersion, kProtocolVersion, SchemaHash());
}

TEST(Schema, ListsWhatIsReachableDownToTheValues) {
  EXPECT_THAT(SchemaListing(),
              AllOf(HasSubstr("nyala.wire.Learner.StreamUnrolls stream nyala.wire.UnrollMessage "
                              "stream nyala.wire.UnrollAck\n"),
                    HasSubstr("nyala.wire.JoinRequest\n  1 protocol_version always uint32 0\n"),
                    HasSubstr("  4 config optional nyala.RunConfig \n"),
                    HasSubstr("nyala.AlgorithmConfig\n  1 name optional string 'impala'\n"),
                    HasSubstr("nyala.AlgorithmConfig.Reduction\n  0 SUM\n  1 MEAN\n"),
                    HasSubstr("  2 hidden repeated int32 0\n"),
                    HasSubstr("nyala.wire.UnrollAck.Verdict\n"), HasSubstr("nyala.BatchConfig\n")));
}

TEST(Schema, BothSidesOfOneBuildAgree) {
  EXPECT_TRUE(DecodeJoinRequest(EncodeJoinRequest({})).ok());
  const auto reply = DecodeJoinReply(EncodeJoinReply({}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->build, Describe(ThisBuild()));
  EXPECT_THAT(reply->build, HasSubstr("nyala "));
}

std::string Refused(const absl::Status& status) {
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(Describe(ThisBuild())), HasSubstr("run the same build on both"),
                    Not(HasSubstr("\n"))));
  return std::string(status.message());
}

TEST(Schema, AnActorOfAnotherSchemaIsRefusedNamingBoth) {
  wire::JoinRequest message = EncodeJoinRequest({});
  message.set_build("nyala 9.9");
  message.set_schema(0x1f2e);
  EXPECT_EQ(Refused(DecodeJoinRequest(message).status()),
            absl::StrFormat("the actor is nyala 9.9 (protocol %d, schema 0000000000001f2e) and the "
                            "learner %s: run the same build on both",
                            kProtocolVersion, Describe(ThisBuild())));
}

TEST(Schema, AnActorOfAnotherProtocolIsRefusedNamingBoth) {
  wire::JoinRequest message = EncodeJoinRequest({});
  message.set_protocol_version(kProtocolVersion + 41);
  EXPECT_THAT(Refused(DecodeJoinRequest(message).status()),
              HasSubstr(absl::StrFormat("(protocol %d, ", kProtocolVersion + 41)));
}

// As those before there was a schema.
TEST(Schema, AnActorThatSaysNothingIsAnEarlierOne) {
  wire::JoinRequest message;
  message.set_protocol_version(1);
  message.set_host("old");
  EXPECT_THAT(Refused(DecodeJoinRequest(message).status()),
              HasSubstr("the actor is an earlier nyala (protocol 1, without a schema) and"));
}

TEST(Schema, ALearnerOfAnotherSchemaIsRefusedNamingBoth) {
  wire::JoinResponse message = EncodeJoinReply({});
  message.set_build("nyala 9.9");
  message.set_schema(0x1f2e);
  EXPECT_THAT(Refused(DecodeJoinReply(message).status()), HasSubstr("the learner nyala 9.9 ("));
  message.clear_build();
  message.clear_schema();
  EXPECT_THAT(Refused(DecodeJoinReply(message).status()),
              HasSubstr("the learner an earlier nyala ("));
}

// Tag 999, a number.
constexpr char kField999[] = "\xb8\x3e\x05";

TEST(Schema, UnknownFieldsAreRefusedByTheNameOfTheirMessage) {
  wire::JoinRequest request;
  ASSERT_TRUE(request.ParseFromString(EncodeJoinRequest({}).SerializeAsString() + kField999));
  EXPECT_THAT(
      Refused(DecodeJoinRequest(request).status()),
      HasSubstr("the actor, " + Describe(ThisBuild()) + ", sent JoinRequest with field 999"));

  wire::JoinResponse response;
  ASSERT_TRUE(response.ParseFromString(EncodeJoinReply({}).SerializeAsString() + kField999));
  EXPECT_THAT(Refused(DecodeJoinReply(response).status()),
              HasSubstr("sent JoinResponse with field 999"));

  wire::UnrollAck ack;
  ASSERT_TRUE(ack.ParseFromString(EncodeAck(1, {}).SerializeAsString() + kField999));
  EXPECT_THAT(Refused(DecodeAck(ack).status()), HasSubstr("sent UnrollAck with field 999"));

  wire::ParametersMessage parameters;
  ASSERT_TRUE(parameters.ParseFromString(kField999));
  EXPECT_THAT(Refused(ParameterCollector().Add(parameters)),
              HasSubstr("sent ParametersMessage with field 999"));
}

TEST(Schema, AnUnknownFieldOfTheConfigurationIsRefused) {
  wire::JoinResponse message = EncodeJoinReply({});
  ASSERT_TRUE(message.mutable_config()->mutable_policy()->ParseFromString(kField999));
  EXPECT_THAT(Refused(DecodeJoinReply(message).status()),
              HasSubstr("sent JoinResponse.config.policy with field 999"));
  // An unknown value of an enumeration is kept like an unknown field.
  message = EncodeJoinReply({});
  ASSERT_TRUE(message.mutable_config()->mutable_algorithm()->ParseFromString("\x50\x07"));
  EXPECT_THAT(Refused(DecodeJoinReply(message).status()),
              HasSubstr("JoinResponse.config.algorithm with field 10"));
}

TEST(Schema, APeersNameForItselfIsCutAndPrintable) {
  wire::JoinRequest message = EncodeJoinRequest({});
  message.set_build("\x1b[2J\n" + std::string(1000, 'x'));
  message.set_schema(1);
  EXPECT_LT(Refused(DecodeJoinRequest(message).status()).size(), 300u);
}

}  // namespace
}  // namespace nyala
