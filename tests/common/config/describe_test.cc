#include "common/config/describe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/config/fields.h"

namespace nyala {
namespace {

FieldHelp HelpOf(const std::string& path) {
  for (const FieldHelp& field : DescribeFields()) {
    if (field.path == path) return field;
  }
  ADD_FAILURE() << "no such field: " << path;
  return {};
}

TEST(DescribeFields, CoversEveryField) {
  const std::vector<std::string> paths = ConfigFieldPaths();
  const std::vector<FieldHelp> help = DescribeFields();
  ASSERT_EQ(help.size(), paths.size());
  for (size_t i = 0; i < help.size(); ++i) EXPECT_EQ(help[i].path, paths[i]);
}

TEST(DescribeFields, GivesTypeDefaultAndComment) {
  const FieldHelp discount = HelpOf("algorithm.discount");
  EXPECT_EQ(discount.type, "number");
  EXPECT_EQ(discount.default_value, "0.99");
  EXPECT_EQ(discount.comment, "Discount per frame, in [0, 1].");
  EXPECT_EQ(HelpOf("network.hidden").default_value, "64,64");
  EXPECT_EQ(HelpOf("network.hidden").type, "list of whole numbers");
  EXPECT_EQ(HelpOf("algorithm.reduction").type, "one of SUM, MEAN");
  EXPECT_EQ(HelpOf("algorithm.reduction").default_value, "SUM");
  EXPECT_EQ(HelpOf("environment.id").default_value, "CartPole-v1");
  EXPECT_EQ(HelpOf("limits.goal").default_value, "");
}

}  // namespace
}  // namespace nyala
