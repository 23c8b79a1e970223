#include "common/base/status_macros.h"

#include <memory>

#include "gtest/gtest.h"

namespace nyala {
namespace {

absl::StatusOr<std::unique_ptr<int>> Halve(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return std::make_unique<int>(value / 2);
}

absl::StatusOr<int> Quarter(int value) {
  NYALA_ASSIGN_OR_RETURN(const std::unique_ptr<int> half, Halve(value));
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<int> quarter, Halve(*half));
  return *quarter;
}

absl::Status CountSteps(const absl::Status& first, int* steps) {
  NYALA_RETURN_IF_ERROR(first);
  ++*steps;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, AssignMovesTheValueOut) {
  const absl::StatusOr<int> quarter = Quarter(12);
  ASSERT_TRUE(quarter.ok());
  EXPECT_EQ(*quarter, 3);
}

TEST(StatusMacrosTest, AssignReturnsTheFirstError) {
  EXPECT_EQ(Quarter(7).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

TEST(StatusMacrosTest, ReturnIfErrorGoesOnOnlyWhenOk) {
  int steps = 0;
  EXPECT_TRUE(CountSteps(absl::OkStatus(), &steps).ok());
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(CountSteps(absl::AbortedError("no"), &steps), absl::AbortedError("no"));
  EXPECT_EQ(steps, 1);
}

}  // namespace
}  // namespace nyala
