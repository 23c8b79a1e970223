#include "common/config/text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "common/config/defaults.h"
#include "google/protobuf/util/message_differencer.h"

namespace nyala {
namespace {

using google::protobuf::util::MessageDifferencer;

std::string ErrorOf(const std::string& text) {
  const auto config = ParseConfig(text, "run.textproto");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ParseConfig, UnknownFieldSaysWhereAndTheNearestName) {
  EXPECT_EQ(ErrorOf("seed: 1\nalgorithm {\n  discuont: 0.9\n}\n"),
            "run.textproto:3:11: unknown field 'discuont'; did you mean 'discount'?");
}

TEST(ParseConfig, UnknownEnumValueSaysWhereAndTheNearestName) {
  EXPECT_EQ(ErrorOf("algorithm { reduction: MAEN }"),
            "run.textproto:1:29: unknown value of algorithm.reduction 'MAEN'; did you mean "
            "'MEAN'?");
}

TEST(ParseConfig, SyntaxErrorIsOneLine) {
  const std::string error = ErrorOf("algorithm {\n  discount 0.9\n}\nseed: x\n");
  EXPECT_EQ(error.find("run.textproto:2:12: "), 0u) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

TEST(LoadConfigFile, ReadsAFile) {
  const std::string path = testing::TempDir() + "/nyala_load_config_test.textproto";
  std::ofstream(path) << "seed: 9  # a comment\n";
  const auto config = LoadConfigFile(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->seed(), 9u);
}

TEST(LoadConfigFile, SaysWhatIsWrongWithTheFile) {
  const auto missing = LoadConfigFile("/nowhere/x.textproto");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.status().message().find("/nowhere/x.textproto"), std::string::npos);
  EXPECT_FALSE(LoadConfigFile(testing::TempDir()).ok());
}

TEST(ToText, IsReadBackEqual) {
  RunConfig config;
  FillDefaults(&config);
  config.mutable_optimizer()->set_learning_rate(0.1 + 0.2);
  config.set_description("quotes \" and\nlines");
  const auto read = ParseConfig(ToText(config), "text");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(MessageDifferencer::Equals(config, *read));
}

TEST(FillDefaults, WritesDefaultsOutAndKeepsWhatIsSet) {
  RunConfig config;
  config.mutable_algorithm()->set_discount(0.5);
  config.mutable_network()->add_hidden(8);
  FillDefaults(&config);
  EXPECT_EQ(config.algorithm().discount(), 0.5);
  EXPECT_EQ(config.network().hidden_size(), 1);
  EXPECT_EQ(config.network().channels_size(), 2);
  EXPECT_TRUE(config.has_seed());
  EXPECT_EQ(config.seed(), 1u);
  EXPECT_TRUE(config.transport().has_reconnect_seconds());
  EXPECT_FALSE(config.limits().has_goal());
  EXPECT_FALSE(config.optimizer().has_learning_rate_final());
  RunConfig twice = config;
  FillDefaults(&twice);
  EXPECT_TRUE(MessageDifferencer::Equals(config, twice));
}

}  // namespace
}  // namespace nyala
