// Film: takes pictures one after the other and makes a file of them, or shows them.
//
//   FILE.gif   an endless animation; each frame has up to 255 colours of its own, exact where it
//              has no more than 31, else off by up to 16 of 255, or more where it has thousands
//   FILE.png   a sheet of up to 12 of the pictures, evenly spaced, the first and the last included
//   FILE.mp4   a video, made by the program `ffmpeg`
//   ansi       a terminal, in 24-bit colour; shades of text, frame after frame, where standard
//              output is none
//
// A file is written beside its place and renamed into it by Finish; without Finish nothing is left.
// Memory is bounded by some pictures, however many are added. One owner, one thread. Blocking: on
// the disk, on ffmpeg, and `ansi` for the time a frame is to be seen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nyala {

struct Picture {
  int width = 0, height = 0;
  // [height, width, 3], top row first.
  std::vector<uint8_t> rgb;
};

class Film {
 public:
  virtual ~Film() = default;
  // All of one size.
  virtual absl::Status Add(const Picture& picture) = 0;
  // After at least one picture; nothing may be added afterwards.
  virtual absl::Status Finish() = 0;
};

struct FilmOptions {
  // A path that ends in .gif, .png or .mp4, or "ansi".
  std::string target;
  // Pictures a second. A GIF shows no more than 50.
  double fps = 30;
};

// InvalidArgument when it is none that OpenFilm knows.
absl::Status CheckFilmTarget(const std::string& target);

// FailedPrecondition when the program that it needs is missing; the reason when the file cannot be
// created.
absl::StatusOr<std::unique_ptr<Film>> OpenFilm(const FilmOptions& options);

}  // namespace nyala
