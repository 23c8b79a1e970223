#include "common/system/line_reader.h"

#include "common/system/file.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

class LineReaderTest : public testing::Test {
 protected:
  // The lines of a file of `text`, each followed by a '|'.
  std::string Read(const std::string& text, int64_t from = 0) {
    EXPECT_TRUE(WriteFile(folder_ / "file", text).ok());
    auto reader = LineReader::Open(folder_ / "file", from);
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::string lines;
    absl::string_view line;
    while (reader->Next(&line).value()) lines += std::string(line) + "|";
    return lines;
  }

  ScratchDir folder_;
};

TEST_F(LineReaderTest, GivesEachLineAndNotWhatIsUnfinished) {
  EXPECT_EQ(Read(""), "");
  EXPECT_EQ(Read("a\n\nb\n"), "a||b|");
  EXPECT_EQ(Read("a\nb"), "a|");
  EXPECT_EQ(Read("abc\ndef\n", 1), "bc|def|");
}

TEST_F(LineReaderTest, LinesMayBeLongerThanWhatIsReadAtOnce) {
  const std::string x(100'000, 'x'), y(65'536, 'y');
  EXPECT_EQ(Read(x + "\n" + y + "\nz\n" + x), x + "|" + y + "|z|");
}

TEST_F(LineReaderTest, CountsTheLines) {
  ASSERT_TRUE(WriteFile(folder_ / "file", "a\nb\nc").ok());
  auto reader = LineReader::Open(folder_ / "file");
  absl::string_view line;
  for (int64_t number = 1; reader->Next(&line).value(); ++number) {
    EXPECT_EQ(reader->number(), number);
  }
  EXPECT_EQ(reader->number(), 2);
}

TEST_F(LineReaderTest, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(LineReader::Open(folder_ / "none").status().message(),
            "cannot read " + (folder_ / "none") + ": No such file or directory");
}

// What grows for ever without a newline must not be taken into memory for ever.
TEST_F(LineReaderTest, ALineThatDoesNotEndIsAnError) {
  auto reader = LineReader::Open("/dev/zero");
  absl::string_view line;
  EXPECT_EQ(reader->Next(&line).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nyala
