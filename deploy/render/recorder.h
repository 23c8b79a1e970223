// Recorder: films the episodes that a watched VectorEnv plays, each picture with a caption that
// tells the frame and the return so far.
//
// It takes the first frames of the first episodes, as its options bound them, and leaves out what
// follows. One owner, one thread. Blocking: as deploy/render/film.h says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "actor/vector_env.h"
#include "deploy/render/film.h"

namespace nyala {

struct RecorderOptions {
  FilmOptions film;
  // Every so many frames of an episode, and the last one.
  int64_t every = 1;
  int64_t max_frames = 1000;
  int64_t episodes = 1;
};

class Recorder {
 public:
  explicit Recorder(const RecorderOptions& options) : options_(options) {}

  // A Watch of an environment that draws. The film is opened with the first frame; its errors are
  // returned.
  absl::Status Add(const WatchedRow& row);
  // After at least one frame.
  absl::Status Finish();

  // How many frames there were, how many of them are in the film, and whether more would be in a
  // longer one.
  int64_t frames() const { return frames_; }
  int64_t recorded() const { return recorded_; }
  bool cut() const { return cut_; }

 private:
  const RecorderOptions options_;
  std::unique_ptr<Film> film_;
  int64_t frames_ = 0, recorded_ = 0, ended_ = 0;
  bool cut_ = false;
};

}  // namespace nyala
