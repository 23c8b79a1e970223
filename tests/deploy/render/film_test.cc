#include "deploy/render/film.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/system/file.h"
#include "deploy/render/films.h"
#include "tests/deploy/render/pictures.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::HasSubstr;

TEST(Film, KnowsItsTargetsByTheirEnd) {
  for (const char* target : {"a.gif", "b/c.png", "d.MP4", "ansi"}) {
    EXPECT_TRUE(CheckFilmTarget(target).ok()) << target;
  }
  for (const char* target : {"a.avi", "gif", "ansi.txt", ""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckFilmTarget(target))) << target;
    EXPECT_THAT(std::string(OpenFilm({target, 30}).status().message()), HasSubstr(".gif"));
  }
}

TEST(Film, AFolderThatIsNotThereIsNamed) {
  const ScratchDir scratch;
  for (const char* name : {"no/film.gif", "no/film.png", "no/film.mp4"}) {
    const auto film = OpenFilm({scratch / name, 30});
    EXPECT_TRUE(absl::IsNotFound(film.status())) << film.status();
    EXPECT_THAT(std::string(film.status().message()), HasSubstr(name));
  }
}

// Width and height of the sheet of so many pictures of 24 x 10, out of the PNG's header.
std::pair<int, int> SheetOf(int pictures) {
  const ScratchDir scratch;
  auto film = OpenFilm({scratch / "sheet.png", 30});
  EXPECT_TRUE(film.ok()) << film.status();
  for (int i = 0; i < pictures; ++i) EXPECT_TRUE((*film)->Add(SquareAt(i % 20)).ok());
  EXPECT_TRUE((*film)->Finish().ok());
  const std::string png = *ReadFile(scratch / "sheet.png");
  EXPECT_EQ(png.substr(1, 3), "PNG");
  const auto number = [&](size_t at) {
    return static_cast<uint8_t>(png[at + 2]) * 256 + static_cast<uint8_t>(png[at + 3]);
  };
  return {number(16), number(20)};
}

TEST(Sheet, HoldsUpTo12PicturesHoweverManyThereAre) {
  EXPECT_EQ(SheetOf(1), std::pair(24, 10));
  EXPECT_EQ(SheetOf(2), std::pair(24 * 2 + 6, 10));
  EXPECT_EQ(SheetOf(5), std::pair(24 * 3 + 2 * 6, 10 * 2 + 6));
  EXPECT_EQ(SheetOf(12), std::pair(24 * 4 + 3 * 6, 10 * 3 + 2 * 6));
  // Numbers 0, 2, ..., 12 are evenly spaced.
  EXPECT_EQ(SheetOf(13), std::pair(24 * 3 + 2 * 6, 10 * 3 + 2 * 6));
  // 0, 64, ..., 640 and the last one.
  EXPECT_EQ(SheetOf(700), std::pair(24 * 4 + 3 * 6, 10 * 3 + 2 * 6));
}

TEST(Ansi, WithoutATerminalFramesAreShadesOfText) {
  // Dark left of light.
  Picture picture{40, 8, {}};
  for (int i = 0; i < 40 * 8; ++i) picture.rgb.insert(picture.rgb.end(), 3, i % 40 < 20 ? 0 : 255);
  std::string line = std::string(20, '@') + std::string(20, ' ') + "\n";
  EXPECT_EQ(ToShades(picture, 72), line + line + line + line);
  line = std::string(10, '@') + std::string(10, ' ') + "\n";
  EXPECT_EQ(ToShades(picture, 20), line + line);
}

TEST(Ansi, HalfBlocksShowTwoPixelsACharacter) {
  Picture picture{1, 2, {1, 2, 3, 40, 50, 60}};
  EXPECT_EQ(ToHalfBlocks(picture, 80, 24), "\x1b[38;2;1;2;3m\x1b[48;2;40;50;60m\u2580\x1b[0m\n");
}

TEST(Ansi, AFrameFitsItsTerminal) {
  const std::string text = ToHalfBlocks(SquareAt(0, 300, 200), 40, 12);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
  size_t blocks = 0;
  for (size_t at = 0; (at = text.find("\u2580", at)) != std::string::npos; ++at) ++blocks;
  EXPECT_EQ(blocks, 12 * 36u);
}

}  // namespace
}  // namespace nyala
