#include "common/wire/codec/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "common/base/status_macros.h"

namespace nyala {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CodecTest, JoinRequestRoundTrip) {
  const JoinRequest request{0xfedcba9876543210, "host", 4711, 3, 17, true};
  const auto decoded = DecodeJoinRequest(EncodeJoinRequest(request));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->actor_key, request.actor_key);
  EXPECT_EQ(decoded->host, request.host);
  EXPECT_EQ(decoded->pid, request.pid);
  EXPECT_EQ(decoded->threads, request.threads);
  EXPECT_EQ(decoded->envs_per_thread, request.envs_per_thread);
  EXPECT_TRUE(decoded->only_ask);
}

TEST(CodecTest, JoinOfAbsurdlyManyThreadsIsRefused) {
  wire::JoinRequest message = EncodeJoinRequest({});
  message.set_threads(std::numeric_limits<uint32_t>::max());
  const absl::Status status = DecodeJoinRequest(message).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("threads"));
}

TEST(CodecTest, JoinReplyRoundTrip) {
  JoinReply reply;
  reply.run_id = "abc";
  reply.incarnation = 3;
  reply.actor = 12;
  reply.config.set_seed(77);
  reply.threads = 2;
  reply.envs_per_thread = 8;
  reply.first_environment = uint64_t{1} << 40;
  reply.resume_states = {"first", "", "third"};
  reply.want_resume_state = true;
  reply.run_dir = "/runs/abc";
  const auto decoded = DecodeJoinReply(EncodeJoinReply(reply));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->run_id, reply.run_id);
  EXPECT_EQ(decoded->incarnation, reply.incarnation);
  EXPECT_EQ(decoded->actor, reply.actor);
  EXPECT_EQ(decoded->config.seed(), 77);
  EXPECT_EQ(decoded->threads, reply.threads);
  EXPECT_EQ(decoded->envs_per_thread, reply.envs_per_thread);
  EXPECT_EQ(decoded->first_environment, reply.first_environment);
  EXPECT_THAT(decoded->resume_states, ElementsAre("first", "", "third"));
  EXPECT_TRUE(decoded->want_resume_state);
  EXPECT_EQ(decoded->run_dir, reply.run_dir);
}

TEST(CodecTest, ResumeStateOfAnAbsurdThreadIsRefused) {
  wire::JoinResponse message = EncodeJoinReply({});
  message.add_resume()->set_thread(std::numeric_limits<uint32_t>::max());
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeJoinReply(message).status()));
}

TEST(CodecTest, AckRoundTripOfEveryVerdict) {
  for (const UnrollVerdict verdict : {UnrollVerdict::kAccepted, UnrollVerdict::kDuplicate,
                                      UnrollVerdict::kStale, UnrollVerdict::kEnough}) {
    const wire::UnrollAck ack = EncodeAck(9, {verdict, 33, ""});
    EXPECT_EQ(ack.sequence(), 9);
    const auto decoded = DecodeAck(ack);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->verdict, verdict);
    EXPECT_EQ(decoded->newest_version, 33);
  }
}

TEST(CodecTest, AckOfAnUnknownVerdictIsRefused) {
  wire::UnrollAck ack;
  ack.set_verdict(static_cast<wire::UnrollAck::Verdict>(50));
  const absl::Status status = DecodeAck(ack).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(HasSubstr("verdict 50"), HasSubstr("nyala ")));
}

TEST(CodecTest, StatusRoundTrip) {
  const LearnerStatus status{"run", 2, 300, 40000, -1.5, 6};
  const LearnerStatus decoded = DecodeStatus(EncodeStatus(status));
  EXPECT_EQ(decoded.run_id, status.run_id);
  EXPECT_EQ(decoded.incarnation, status.incarnation);
  EXPECT_EQ(decoded.version, status.version);
  EXPECT_EQ(decoded.frames, status.frames);
  EXPECT_EQ(decoded.mean_return_100, status.mean_return_100);
  EXPECT_EQ(decoded.actors, status.actors);
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> RoundTrip(
    std::shared_ptr<const ParameterSnapshot> snapshot, int64_t most_bytes = 1 << 20) {
  ParameterParts parts(std::move(snapshot), most_bytes);
  ParameterCollector collected;
  while (!parts.done()) {
    EXPECT_FALSE(collected.complete());
    grpc::ByteBuffer bytes = parts.Next();
    EXPECT_LE(static_cast<int64_t>(bytes.Length()), most_bytes + 64);
    wire::ParametersMessage message;
    EXPECT_TRUE(FromBytes(&bytes, &message));
    NYALA_RETURN_IF_ERROR(collected.Add(message));
  }
  EXPECT_TRUE(collected.complete());
  return collected.Take();
}

absl::Status Collect(const wire::ParametersMessage& message) {
  return ParameterCollector().Add(message);
}

TEST(CodecTest, ParametersRoundTrip) {
  auto snapshot = std::make_shared<ParameterSnapshot>();
  snapshot->version = 5;
  snapshot->layout = 0x1234567890abcdef;
  for (int i = 0; i < 100000; ++i) snapshot->values.push_back(0.5f * static_cast<float>(i));
  snapshot->frames = 77;
  // In one part, in many, and in some that end within a value.
  for (const int64_t most : {int64_t{1} << 20, int64_t{400000}, int64_t{4096}, int64_t{1001}}) {
    const auto decoded = RoundTrip(snapshot, most);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_NE(*decoded, nullptr);
    EXPECT_EQ((*decoded)->version, snapshot->version);
    EXPECT_EQ((*decoded)->layout, snapshot->layout);
    EXPECT_EQ((*decoded)->frames, snapshot->frames);
    EXPECT_EQ((*decoded)->values, snapshot->values);
  }
}

TEST(CodecTest, PartsThatDoNotContinueAreRefused) {
  wire::ParametersMessage first;
  first.set_modified(true);
  first.set_version(1);
  first.set_values_bytes(8);
  first.set_values("1234");
  wire::ParametersMessage rest;
  ParameterCollector empty_part;
  ASSERT_TRUE(empty_part.Add(first).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(empty_part.Add(rest)));
  rest.set_values("12345");
  ParameterCollector too_long;
  ASSERT_TRUE(too_long.Add(first).ok());
  EXPECT_FALSE(too_long.complete());
  EXPECT_TRUE(absl::IsInvalidArgument(too_long.Add(rest)));
  // Memory is not taken on a peer's word.
  first.set_values_bytes(uint64_t{1} << 62);
  EXPECT_TRUE(ParameterCollector().Add(first).ok());
}

TEST(CodecTest, ParametersThatAreNotModifiedAreNull) {
  const auto decoded = RoundTrip(nullptr);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, nullptr);
}

TEST(CodecTest, EncodedParametersKeepTheirSnapshotAliveAndNoLonger) {
  auto snapshot = std::make_shared<const ParameterSnapshot>(ParameterSnapshot{1, 2, {3, 4}});
  const std::weak_ptr<const ParameterSnapshot> watch = snapshot;
  {
    const grpc::ByteBuffer bytes = ParameterParts(std::move(snapshot), 100).Next();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(CodecTest, ParametersThatAreNoFloatsAreRefused) {
  wire::ParametersMessage message;
  message.set_modified(true);
  message.set_version(1);
  message.set_values("12345");
  message.set_values_bytes(5);
  const absl::Status status = Collect(message);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("values"));
}

TEST(CodecTest, ParametersWithoutVersionAreRefused) {
  wire::ParametersMessage message;
  message.set_modified(true);
  const absl::Status status = Collect(message);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("version"));
}

}  // namespace
}  // namespace nyala
