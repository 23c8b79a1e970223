#include "common/system/limited_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nyala {
namespace {

using testing::ElementsAre;

TEST(LimitedLog, LeavesOutWhatIsTooMuchAndSaysSoLater) {
  std::vector<std::string> lines;
  double now = 5;
  LimitedLog::Options options;
  options.burst = 2;
  options.window_seconds = 10;
  options.write = [&](absl::string_view line) { lines.emplace_back(line); };
  options.clock = [&] { return now; };
  LimitedLog log(options);
  for (int i = 0; i < 5; ++i) log("line %d", i);
  EXPECT_THAT(lines, ElementsAre("line 0", "line 1"));
  now += 9;
  log("line %d", 5);
  EXPECT_EQ(lines.size(), 2u);
  now += 1;
  log("line %d", 6);
  log("line %d", 7);
  EXPECT_THAT(lines,
              ElementsAre("line 0", "line 1", "4 more lines like the last ones were left out",
                          "line 6", "line 7"));
}

}  // namespace
}  // namespace nyala
