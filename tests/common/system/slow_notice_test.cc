#include "common/system/slow_notice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/recorded_lines.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

SlowNotice::Options After(double seconds, RecordedLines* lines) {
  return {seconds, [lines](const std::string& line) { lines->Add(line); }};
}

TEST(SlowNotice, SaysAgainAndAgainThatItGoesOnAndThenHowItEnded) {
  RecordedLines lines;
  SlowNotice notice(After(1e-3, &lines));
  notice.Begin("the soup", "has been boiling", "on the stove; the bread bakes on");
  ASSERT_TRUE(lines.WaitForCount(3));
  notice.End("was done");
  EXPECT_THAT(lines.WaitFor("was done"),
              AllOf(StartsWith("the soup was done after "), HasSubstr(" s")));
  EXPECT_THAT(lines.lines()[2], AllOf(StartsWith("the soup has been boiling for "),
                                      HasSubstr(" s on the stove; the bread bakes on")));
}

TEST(SlowNotice, OfWhatIsQuickNothingIsSaid) {
  RecordedLines lines;
  {
    SlowNotice notice(After(1e6, &lines));
    for (int i = 0; i < 100; ++i) {
      notice.Begin("a", "has been", "b");
      notice.Change("c");
      notice.End("was");
    }
  }
  EXPECT_THAT(lines.lines(), IsEmpty());
}

TEST(SlowNotice, AChangeIsSaidAtOnceWhereTheSlownessWas) {
  RecordedLines lines;
  SlowNotice notice(After(1e-3, &lines));
  notice.Begin("a", "has been", "there");
  ASSERT_TRUE(lines.WaitForCount(1));
  notice.Change("here");
  EXPECT_THAT(lines.WaitFor("here"), StartsWith("a has been for "));
}

TEST(SlowNotice, WhatIsLeftToSayIsSaidBeforeItEnds) {
  RecordedLines lines;
  {
    SlowNotice notice(After(1e-3, &lines));
    notice.Begin("a", "has been", "there");
    ASSERT_TRUE(lines.WaitForCount(1));
    notice.End("ended");
  }
  EXPECT_THAT(lines.lines().back(), StartsWith("a ended after "));
}

}  // namespace
}  // namespace nyala
