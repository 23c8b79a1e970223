// MetricsWriter: rows of named numbers, to metrics.jsonl and to TensorBoard.
//
// A line of metrics.jsonl is one object: {"step": 640, "wall_time": 1700000000.5, "loss": 0.25}.
// NaN and infinities are null there. A resumed run appends; rows that it repeats come later in the
// file.
// Neither metrics.jsonl nor the event files together grow beyond a bound: before a row would take
// one of them there, every other row is left out of both, and rows are to come half as often from
// then on: `one_in` says at which of the intervals, and is in the rows once it is above 1, so that
// a resumed run goes on so. The shorter files are written aside and renamed, and hold the rows of
// all of the run; a process that dies in between leaves the old ones or the new ones. Not
// thread-safe: the owner guards it. Every row is in the files when Write returns. Blocking: on the
// disk; for the time that it takes to copy the files where a bound is reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "learner/run/append_file.h"
#include "learner/run/event_writer.h"
#include "learner/run/run_folder.h"

namespace nyala {

class MetricsWriter {
 public:
  // `resumed_at`: the step of the checkpoint the run goes on from. `max_file_bytes`: of
  // metrics.jsonl, and of all event files.
  static absl::StatusOr<MetricsWriter> Open(const RunPaths& paths,
                                            std::optional<uint64_t> resumed_at = std::nullopt,
                                            int64_t max_file_bytes = int64_t{64} << 20);

  // Names must be distinct, and none of "step", "wall_time", "one_in". A row that cannot be written
  // (a full disk) is lost and training goes on: the error is returned for the first of such rows
  // only, until one gets through.
  absl::Status Write(uint64_t step, double wall_time, absl::Span<const Scalar> row);
  uint64_t rows_lost() const { return rows_lost_; }
  // A row is wanted at one of so many intervals; 1, 2, 4, ...
  int64_t one_in() const { return one_in_; }

 private:
  MetricsWriter(const RunPaths& paths, int64_t max_file_bytes, AppendFile lines, EventWriter events)
      : paths_(paths),
        max_file_bytes_(max_file_bytes),
        lines_(std::move(lines)),
        events_(std::move(events)) {}

  absl::Status WriteRow(uint64_t step, double wall_time, absl::Span<const Scalar> row);
  int64_t Largest() const;
  absl::Status Thin(int64_t keep_one_in);

  RunPaths paths_;
  int64_t max_file_bytes_;
  AppendFile lines_;
  EventWriter events_;
  int64_t earlier_event_bytes_ = 0;  // of the files of earlier processes
  int64_t one_in_ = 1;
  int64_t rows_before_retry_ = 0;  // after a failure to thin
  uint64_t rows_lost_ = 0;
  bool failing_ = false;
};

}  // namespace nyala
