// Videos, with scripts in the place of ffmpeg.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "common/system/file.h"
#include "deploy/render/film.h"
#include "tests/deploy/render/pictures.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::HasSubstr;

class Mp4Test : public testing::Test {
 protected:
  Mp4Test() : path_(std::getenv("PATH")) {}
  ~Mp4Test() override { setenv("PATH", path_.c_str(), 1); }

  // From now on `ffmpeg` is a shell script.
  void Install(const std::string& script) {
    const std::string program = scratch_.Folder("bin") + "/ffmpeg";
    ASSERT_TRUE(WriteFile(program, "#!/bin/sh\n" + script).ok());
    ASSERT_EQ(chmod(program.c_str(), 0755), 0);
    setenv("PATH", (scratch_.Folder("bin") + ":" + path_).c_str(), 1);
  }

  absl::Status Film(int pictures) {
    auto film = OpenFilm({scratch_ / "film.mp4", 25});
    if (!film.ok()) return film.status();
    for (int i = 0; i < pictures; ++i) {
      const absl::Status added = (*film)->Add(SquareAt(i % 20));
      if (!added.ok()) return added;
    }
    return (*film)->Finish();
  }

  bool LeftAFile() const { return !ListFolder(scratch_.path())->empty(); }

  const std::string path_;
  const ScratchDir scratch_;
};

TEST_F(Mp4Test, HandsEveryPictureToFfmpegAndTakesItsFile) {
  Install("echo \"$*\" >&2\nfor last; do :; done\ncat >\"${last#file:}\"\n");
  ASSERT_TRUE(Film(7).ok());
  const auto video = ReadFile(scratch_ / "film.mp4");
  ASSERT_TRUE(video.ok()) << video.status();
  const Picture last = SquareAt(6);
  ASSERT_EQ(video->size(), 7 * last.rgb.size());
  EXPECT_EQ(video->substr(6 * last.rgb.size()), std::string(last.rgb.begin(), last.rgb.end()));
}

TEST_F(Mp4Test, WithTheRealOneItIsAVideo) {
  if (std::system("ffmpeg -version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "SKIPPED: the program ffmpeg is not there";
  }
  const absl::Status status = Film(7);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadFile(scratch_ / "film.mp4")->substr(4, 4), "ftyp");
}

TEST_F(Mp4Test, SaysWhyFfmpegFailed) {
  Install("cat >/dev/null\necho first >&2\necho 'no such codec' >&2\nexit 1\n");
  const absl::Status status = Film(3);
  EXPECT_THAT(std::string(status.message()), HasSubstr("film.mp4: ffmpeg failed: no such codec"));
}

TEST_F(Mp4Test, FfmpegThatEndsEarlyIsAnErrorAndNotASignal) {
  Install("echo 'bad size' >&2\nexit 1\n");
  EXPECT_THAT(std::string(Film(5000).message()), HasSubstr("film.mp4: ffmpeg failed"));
}

TEST_F(Mp4Test, WithoutFfmpegItSaysWhatToInstall) {
  setenv("PATH", scratch_.path().c_str(), 1);
  const absl::Status status = Film(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("apt install ffmpeg"));
  EXPECT_FALSE(LeftAFile());
}

TEST_F(Mp4Test, AFilmThatIsGivenUpEndsFfmpeg) {
  Install("exec cat >/dev/null\n");
  {
    auto film = OpenFilm({scratch_ / "film.mp4", 25});
    ASSERT_TRUE(film.ok());
    ASSERT_TRUE((*film)->Add(SquareAt(0)).ok());
  }
  EXPECT_FALSE(PathExists(scratch_ / "film.mp4"));
  EXPECT_EQ(ListFolder(scratch_.path())->size(), 1u) << "bin alone";
}

}  // namespace
}  // namespace nyala
