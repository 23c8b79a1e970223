#include "common/wire/grpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nyala {
namespace {

TEST(GrpcStatusTest, CodesOfOurOwnSurviveTheWay) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kCancelled, absl::StatusCode::kUnavailable,
        absl::StatusCode::kInvalidArgument, absl::StatusCode::kFailedPrecondition,
        absl::StatusCode::kUnauthenticated, absl::StatusCode::kNotFound}) {
    const absl::Status status(code, "why");
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
  }
}

TEST(GrpcStatusTest, WhatTheLibrarySaysOfABrokenConnectionNeverMeansTheRunIsOver) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::CANCELLED, grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::UNKNOWN,
        grpc::StatusCode::INTERNAL, grpc::StatusCode::UNAVAILABLE}) {
    EXPECT_TRUE(absl::IsUnavailable(FromGrpcStatus(grpc::Status(code, "gone")))) << code;
  }
}

TEST(GrpcStatusTest, AMessageAboveTheLimitNamesTheSetting) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "larger than max"));
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("transport.max_message_bytes"));
}

// "the limit is transport.max_message_bytes" it said, and an honest actor ended for good.
TEST(GrpcStatusTest, ALearnerShortOfMemoryIsTriedAgain) {
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "Received RST_STREAM with error code 11"));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

}  // namespace
}  // namespace nyala
