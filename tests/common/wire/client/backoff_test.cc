#include "common/wire/client/backoff.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Backoff::Options TestOptions() {
  Backoff::Options options;
  options.initial = milliseconds(100);
  options.maximum = milliseconds(700);
  return options;
}

TEST(BackoffTest, DelaysDoubleUpToTheMaximumWithinTheirJitter) {
  Backoff backoff(1, TestOptions());
  for (const int ceiling : {100, 200, 400, 700, 700}) {
    const nanoseconds delay = backoff.Next();
    EXPECT_GE(delay, milliseconds(ceiling) / 2);
    EXPECT_LT(delay, milliseconds(ceiling));
  }
}

TEST(BackoffTest, ResetBeginsAgain) {
  Backoff backoff(1, TestOptions());
  backoff.Next();
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_LT(backoff.Next(), milliseconds(100));
}

TEST(BackoffTest, TheSeedDecidesTheDelays) {
  Backoff one(1), same(1), other(2);
  const nanoseconds delay = one.Next();
  EXPECT_EQ(delay, same.Next());
  EXPECT_NE(delay, other.Next());
}

}  // namespace
}  // namespace nyala
