#include "common/base/check.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(CheckTest, TrueGoesOn) {
  int evaluated = 0;
  NYALA_CHECK(++evaluated == 1, "must hold");
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, FalseAbortsAndSaysWhatAndWhere) {
  EXPECT_DEATH(NYALA_CHECK(1 > 2, "order is broken"),
               "internal error at .*check_test.cc:[0-9]+: order is broken \\(1 > 2\\)");
}

}  // namespace
}  // namespace nyala
