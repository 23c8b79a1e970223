#include "deploy/cli/config_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nyala {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigHelp, ShowsFieldsWithDefaultTypeAndComment) {
  EXPECT_THAT(ConfigHelp(""), HasSubstr("  optimizer.learning_rate=0.0006  (number)\n"));
  EXPECT_THAT(ConfigHelp(""), HasSubstr("      Discount per frame, in [0, 1].\n"));
}

TEST(ConfigHelp, FiltersByPath) {
  const std::string text = ConfigHelp("batch.");
  EXPECT_THAT(text, HasSubstr("batch.columns=32"));
  EXPECT_THAT(text, Not(HasSubstr("optimizer")));
  EXPECT_EQ(ConfigHelp("nonsense"), "");
}

TEST(ConfigHelp, LinesFitATerminal) {
  const std::string text = ConfigHelp("");
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 100u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace nyala
