// SessionColumn: the whole sessions of one environment for one batch, copied row by row out of
// unrolls that follow each other.
//
// Rows before a session's first are skipped, so are all after the last one wanted. A truncated
// session is closed with its final row (common/rl/episode_rows.h), whose observation is in the same
// unroll as the row before it. Memory grows to the longest batch seen and is kept.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "common/rl/unroll.h"

namespace nyala {

class SessionColumn {
 public:
  struct Wanted {
    int64_t sessions = 1;
    // A session that goes on after so many frames is an error: it bounds the memory.
    int64_t max_frames = 1;
  };

  // For unrolls of this shape, which must outlive the column; their width may be any.
  explicit SessionColumn(const UnrollSpec* spec) : spec_(spec) {}

  // Empty, and waiting for a session's first row.
  void Reset();
  // Appends what is wanted of column `e`. InvalidArgument, as ValidateUnroll words it: a session is
  // too long, or does not go on where the unroll before left it; the column must then be Reset.
  absl::Status Append(const UnrollView& unroll, int64_t e, const Wanted& wanted);

  bool Complete(const Wanted& wanted) const {
    return static_cast<int64_t>(episodes_.size()) == wanted.sessions;
  }
  int64_t rows() const { return static_cast<int64_t>(rows_.flags.size()); }
  const std::vector<EpisodeResult>& episodes() const { return episodes_; }

  // As an unroll of one environment and of rows() rows, the bootstrap row zero. Valid until the
  // column changes.
  UnrollView View();

 private:
  void AppendRow(const UnrollView& unroll, int64_t t, int64_t e);
  // The observation of row t, which no action was taken in.
  void AppendFinalRow(const UnrollView& unroll, int64_t t, int64_t e);

  const UnrollSpec* spec_;
  Rows rows_;
  std::vector<EpisodeResult> episodes_;
  bool open_ = false;      // between a session's first row and its end
  EpisodeResult current_;  // the open session so far
};

}  // namespace nyala
