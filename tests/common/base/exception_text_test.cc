#include "common/base/exception_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace nyala {
namespace {

template <typename Thrown>
std::string TextOf(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return ExceptionText();
  }
}

TEST(OneLine, JoinsLines) {
  EXPECT_EQ(OneLine("a\r\nb\n\n"), "a | b");
  EXPECT_EQ(OneLine("a"), "a");
  EXPECT_EQ(OneLine(""), "");
}

TEST(ExceptionText, IsWhatAnythingThrownSays) {
  EXPECT_EQ(TextOf(std::runtime_error("no\nmodel")), "no | model");
  EXPECT_EQ(TextOf<const char*>("text"), "text");
  EXPECT_EQ(TextOf(std::string("words")), "words");
  EXPECT_EQ(TextOf(5), "an exception that is no std::exception");
}

TEST(ExceptionHeadline, IsTheFirstLineOfAStandardException) {
  const auto headline = [](const auto& thrown) {
    try {
      throw thrown;
    } catch (...) {
      return ExceptionHeadline();
    }
  };
  EXPECT_EQ(headline(std::runtime_error("what\nwhere")), "what");
  EXPECT_EQ(headline(std::runtime_error("what")), "what");
  EXPECT_EQ(headline(5), "an exception that is no std::exception");
}

}  // namespace
}  // namespace nyala
