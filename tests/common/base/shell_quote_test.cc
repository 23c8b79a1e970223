#include "common/base/shell_quote.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

TEST(ShellQuote, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(ShellQuote("runs/CartPole-v1_2.x"), "runs/CartPole-v1_2.x");
  EXPECT_EQ(ShellQuote("my runs"), "'my runs'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote(""), "''");
}

}  // namespace
}  // namespace nyala
