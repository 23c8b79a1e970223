#include "actor/environments/small/catch.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "actor/environment.h"

namespace nyala {
namespace {

constexpr int kRows = 10;
constexpr int kColumns = 5;
constexpr int32_t kLeft = 0, kStay = 1, kRight = 2;

class CatchTest : public testing::Test {
 protected:
  void Reset(uint64_t seed) { environment_->Reset(seed, ObservationRef{board_.data()}); }
  StepResult Step(int32_t action) {
    return environment_->Step(ActionRef{&action}, ObservationRef{board_.data()});
  }
  // The column of the only mark in `row`, or -1.
  int MarkIn(int row) const {
    int found = -1;
    for (int column = 0; column < kColumns; ++column) {
      if (board_[row * kColumns + column] == 0.0f) continue;
      EXPECT_EQ(board_[row * kColumns + column], 1.0f);
      EXPECT_EQ(found, -1);
      found = column;
    }
    return found;
  }
  int Marks() const {
    int marks = 0;
    for (const float value : board_) marks += value != 0.0f ? 1 : 0;
    return marks;
  }

  const std::unique_ptr<Environment> environment_ = MakeCatch();
  std::array<float, kRows * kColumns> board_{};
};

TEST_F(CatchTest, BallStartsAnywhereOnTopAndThePaddleInTheMiddle) {
  std::set<int> columns;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Reset(seed);
    columns.insert(MarkIn(0));
    EXPECT_EQ(MarkIn(kRows - 1), kColumns / 2);
    EXPECT_EQ(Marks(), 2);
  }
  EXPECT_EQ(columns, (std::set<int>{0, 1, 2, 3, 4}));
}

TEST_F(CatchTest, BallFallsARowAFrameInItsColumn) {
  Reset(4);
  const int column = MarkIn(0);
  for (int row = 1; row < kRows - 1; ++row) {
    const StepResult result = Step(kStay);
    EXPECT_EQ(MarkIn(row), column);
    EXPECT_EQ(result.reward, 0.0f);
    EXPECT_FALSE(result.terminated);
  }
  EXPECT_TRUE(Step(kStay).terminated);
}

TEST_F(CatchTest, PaddleMovesAndStopsAtTheWalls) {
  Reset(4);
  for (const int wanted : {1, 0, 0}) {
    Step(kLeft);
    EXPECT_EQ(MarkIn(kRows - 1), wanted);
  }
  for (const int wanted : {1, 2, 3, 4, 4}) {
    Step(kRight);
    EXPECT_EQ(MarkIn(kRows - 1), wanted);
  }
}

TEST_F(CatchTest, RewardSaysWhetherTheBallWasCaught) {
  int caught = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Reset(seed);
    const int ball = MarkIn(0);
    StepResult result;
    for (int frame = 0; frame < kRows - 1; ++frame) {
      ASSERT_FALSE(result.terminated);
      result = Step(kStay);
    }
    ASSERT_TRUE(result.terminated);
    EXPECT_EQ(result.reward, ball == kColumns / 2 ? 1.0f : -1.0f);
    caught += result.reward > 0 ? 1 : 0;
  }
  EXPECT_GT(caught, 0);
  EXPECT_LT(caught, 50);
}

TEST_F(CatchTest, LastMoveCounts) {
  // The paddle moves before the ball lands.
  for (uint64_t seed = 0;; ++seed) {
    Reset(seed);
    if (MarkIn(0) == kColumns / 2 + 1) break;
  }
  for (int frame = 0; frame < kRows - 2; ++frame) Step(kStay);
  EXPECT_EQ(Step(kRight).reward, 1.0f);
}

}  // namespace
}  // namespace nyala
