#include "common/system/log.h"

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(LogTest, ALineSaysWhoSpeaks) {
  testing::internal::CaptureStderr();
  SetLogName("actor 3");
  Log("joined %s after %d s", "learner", 2);
  SetLogName("");
  LogLine("bye");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "nyala actor 3: joined learner after 2 s\nnyala: bye\n");
}

}  // namespace
}  // namespace nyala
