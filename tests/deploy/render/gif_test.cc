// What a viewer makes of the GIFs, by the library's own reader.
#include <gif_lib.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "common/system/file.h"
#include "deploy/render/film.h"
#include "tests/deploy/render/pictures.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

// The pictures of an animation as they are seen, and how long each, in hundredths of a second.
struct Seen {
  std::vector<Picture> pictures;
  std::vector<int> hundredths;
};

void Paint(const GifFileType& gif, const SavedImage& image, int transparent, Picture* picture) {
  const GifImageDesc& area = image.ImageDesc;
  for (int y = 0; y < area.Height; ++y) {
    for (int x = 0; x < area.Width; ++x) {
      const int index = image.RasterBits[y * area.Width + x];
      if (index == transparent) continue;
      ASSERT_LT(index, area.ColorMap->ColorCount);
      const GifColorType& color = area.ColorMap->Colors[index];
      const int at = ((area.Top + y) * gif.SWidth + area.Left + x) * 3;
      picture->rgb[at] = color.Red;
      picture->rgb[at + 1] = color.Green;
      picture->rgb[at + 2] = color.Blue;
    }
  }
}

Seen View(const std::string& path) {
  int error = 0;
  GifFileType* const gif = DGifOpenFileName(path.c_str(), &error);
  EXPECT_NE(gif, nullptr) << path;
  EXPECT_EQ(DGifSlurp(gif), GIF_OK);
  Seen seen;
  Picture picture{gif->SWidth, gif->SHeight,
                  std::vector<uint8_t>(static_cast<size_t>(gif->SWidth) * gif->SHeight * 3)};
  for (int i = 0; i < gif->ImageCount; ++i) {
    GraphicsControlBlock control;
    EXPECT_EQ(DGifSavedExtensionToGCB(gif, i, &control), GIF_OK);
    Paint(*gif, gif->SavedImages[i], control.TransparentColor, &picture);
    seen.pictures.push_back(picture);
    seen.hundredths.push_back(control.DelayTime);
  }
  DGifCloseFile(gif, &error);
  return seen;
}

Seen FilmAndView(const std::vector<Picture>& pictures, double fps) {
  const ScratchDir scratch;
  auto film = OpenFilm({scratch / "film.gif", fps});
  EXPECT_TRUE(film.ok()) << film.status();
  for (const Picture& picture : pictures) EXPECT_TRUE((*film)->Add(picture).ok());
  const absl::Status finished = (*film)->Finish();
  EXPECT_TRUE(finished.ok()) << finished;
  return View(scratch / "film.gif");
}

TEST(Gif, ShowsEveryPictureInItsColors) {
  std::vector<Picture> pictures;
  for (const int at : {0, 3, 4, 20, 0}) pictures.push_back(SquareAt(at));
  const Seen seen = FilmAndView(pictures, 10);
  ASSERT_EQ(seen.pictures.size(), pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(seen.pictures[i].rgb, pictures[i].rgb) << "picture " << i;
  }
}

TEST(Gif, KeepsTimeWhereFramesAreNoWholeHundredths) {
  std::vector<Picture> pictures;
  for (int i = 0; i < 20; ++i) pictures.push_back(SquareAt(i));
  const Seen seen = FilmAndView(pictures, 30);
  int all = 0;
  for (const int hundredths : seen.hundredths) all += hundredths;
  // 20 frames are 67 hundredths, and the last one rests for a second.
  EXPECT_EQ(all, 67 + 100);
}

TEST(Gif, WhatStandsStillIsOneFrameThatIsSeenForLonger) {
  const Seen seen =
      FilmAndView({SquareAt(0), SquareAt(0), SquareAt(0), SquareAt(5), SquareAt(5)}, 20);
  EXPECT_EQ(seen.hundredths, (std::vector<int>{15, 10 + 100}));
}

TEST(Gif, ManyColorsComeNear) {
  Picture picture{64, 64, {}};
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      for (const int value : {4 * x, 4 * y, 128})
        picture.rgb.push_back(static_cast<uint8_t>(value));
    }
  }
  const Seen seen = FilmAndView({SquareAt(0, 64, 64), picture}, 10);
  ASSERT_EQ(seen.pictures.size(), 2u);
  for (size_t i = 0; i < picture.rgb.size(); ++i) {
    ASSERT_NEAR(seen.pictures[1].rgb[i], picture.rgb[i], 32);
  }
}

TEST(Gif, AnUnfinishedFilmLeavesNothing) {
  const ScratchDir scratch;
  {
    auto film = OpenFilm({scratch / "film.gif", 30});
    ASSERT_TRUE(film.ok());
    ASSERT_TRUE((*film)->Add(SquareAt(1)).ok());
    ASSERT_TRUE((*film)->Add(SquareAt(2)).ok());
  }
  EXPECT_TRUE(ListFolder(scratch.path())->empty());
}

TEST(Gif, ADiskErrorEndsTheFilmWithItsReason) {
  // Files of this process may not grow beyond this, as on a full disk.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const ScratchDir scratch;
  auto film = OpenFilm({scratch / "film.gif", 30});
  ASSERT_TRUE(film.ok());
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status status;
  for (int i = 0; i < 20 && status.ok(); ++i) status = (*film)->Add(SquareAt(i));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("film.gif: File too large"), std::string::npos) << status;
}

}  // namespace
}  // namespace nyala
