#include "deploy/render/recorder.h"

#include <gif_lib.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

// Plays Catch, whose episodes are 9 frames and a start, for so many rows.
void PlayCatch(int rows, Watch watch) {
  VectorEnvOptions options;
  options.id = "Catch";
  options.watch = std::move(watch);
  const auto vector = *MakeVectorEnv(options);
  std::vector<uint8_t> now(vector->spec().observation.bytes()), next = now;
  uint8_t flags = 0, next_flags = 0;
  float reward = 0;
  const int32_t action = 1;
  std::vector<EpisodeEnd> ends;
  ASSERT_TRUE(vector->Reset(now.data(), &flags).ok());
  for (int i = 0; i < rows; ++i) {
    ASSERT_TRUE(vector
                    ->Step({reinterpret_cast<const uint8_t*>(&action), &flags, &reward, next.data(),
                            &next_flags},
                           &ends)
                    .ok());
    std::swap(now, next);
    std::swap(flags, next_flags);
  }
}

struct Filmed {
  int64_t frames = 0, recorded = 0;
  bool cut = false;
  int images = 0, width = 0, height = 0;
};

Filmed FilmCatch(int64_t max_frames, int64_t episodes, int rows, int64_t every = 1) {
  const ScratchDir scratch;
  Recorder recorder({{scratch / "film.gif", 30}, every, max_frames, episodes});
  PlayCatch(rows, [&](const WatchedRow& row) { return recorder.Add(row); });
  EXPECT_TRUE(recorder.Finish().ok());
  int error = 0;
  GifFileType* const gif = DGifOpenFileName((scratch / "film.gif").c_str(), &error);
  EXPECT_NE(gif, nullptr);
  EXPECT_EQ(DGifSlurp(gif), GIF_OK);
  const Filmed filmed{recorder.frames(), recorder.recorded(), recorder.cut(),
                      gif->ImageCount,   gif->SWidth,         gif->SHeight};
  DGifCloseFile(gif, &error);
  return filmed;
}

TEST(Recorder, FilmsEveryFrameOfTheEpisodesAskedForUnderACaption) {
  const Filmed one = FilmCatch(1000, 1, 25);
  EXPECT_EQ(one.frames, 10);
  EXPECT_EQ(one.recorded, 10);
  EXPECT_EQ(one.images, 10);
  EXPECT_EQ(one.width, 120);
  EXPECT_EQ(one.height, 240 + 20);
  EXPECT_EQ(FilmCatch(1000, 2, 25).images, 20);
}

TEST(Recorder, LeavesOutWhatIsBeyondItsBound) {
  const Filmed filmed = FilmCatch(4, 2, 25);
  EXPECT_EQ(filmed.frames, 20);
  EXPECT_EQ(filmed.recorded, 4);
  EXPECT_EQ(filmed.images, 4);
  EXPECT_TRUE(filmed.cut);
  EXPECT_FALSE(FilmCatch(20, 2, 25).cut);
}

TEST(Recorder, MayTakeEverySoManyFramesAndTheLast) {
  // Frames 0, 4, 8 and 9 of 0 to 9.
  const Filmed filmed = FilmCatch(1000, 1, 25, 4);
  EXPECT_EQ(filmed.frames, 10);
  EXPECT_EQ(filmed.recorded, 4);
  EXPECT_FALSE(filmed.cut);
}

TEST(Recorder, AFilmThatCannotBeOpenedEndsTheWatch) {
  const ScratchDir scratch;
  Recorder recorder({{scratch / "no/film.gif", 30}, 1, 10, 1});
  VectorEnvOptions options;
  options.id = "Catch";
  options.watch = [&](const WatchedRow& row) { return recorder.Add(row); };
  const auto vector = *MakeVectorEnv(options);
  std::vector<uint8_t> observations(vector->spec().observation.bytes());
  uint8_t flags = 0;
  EXPECT_TRUE(absl::IsNotFound(vector->Reset(observations.data(), &flags)));
}

}  // namespace
}  // namespace nyala
