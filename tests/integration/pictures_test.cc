// Films and learning curves of a real run, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PicturesTest : public CommandTest {
 protected:
  std::string Read(const std::string& name) const {
    const auto file = ReadFile(scratch_ / name);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.value_or("");
  }
  // What is in the scratch folder, which must not change by a failure.
  std::vector<std::string> Left() const { return *ListFolder(scratch_.path()); }
};

TEST_F(PicturesTest, AnEpisodeIsFilmedAndTheCurveDrawn) {
  TrainToTheEnd(run_dir());
  const Finished gif = Run({"eval", "--run=run", "--render=a.gif", "--episodes=2", "--json"});
  EXPECT_EQ(gif.status, 0) << gif.err;
  EXPECT_THAT(gif.out, HasSubstr("\"episodes\":2"));
  EXPECT_THAT(gif.err, HasSubstr("a.gif: 20 of 20 frames"));
  EXPECT_THAT(Read("a.gif"), StartsWith("GIF89a"));
  EXPECT_EQ(Run({"eval", "--run=run", "--render=a.png"}).status, 0);
  EXPECT_THAT(Read("a.png"), HasSubstr("PNG"));
  const Finished text = Run({"eval", "--run=run", "--render=ansi", "--max-frames=1"});
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << "no colours without a terminal";
  EXPECT_THAT(text.err, HasSubstr("1 of 10 frames"));

  const Finished plot = Run({"plot", "run", "--out=curve.png"});
  EXPECT_EQ(plot.status, 0) << plot.err;
  EXPECT_EQ(plot.out, "curve.png\n");
  EXPECT_THAT(Read("curve.png"), HasSubstr("PNG"));
}

TEST_F(PicturesTest, WhatCannotBeWrittenIsOneLineAndLeavesNothing) {
  TrainToTheEnd(run_dir());
  const std::vector<std::string> before = Left();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"eval", "--run=run", "--render=no/a.gif"},
        {"plot", "run", "--out=no/a.png"},
        {"plot", "elsewhere"}}) {
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.status, 1) << finished.err;
    EXPECT_TRUE(IsOneLine(finished.err)) << finished.err;
    EXPECT_EQ(finished.out, "");
  }
  EXPECT_EQ(Left(), before);
}

}  // namespace
}  // namespace nyala
