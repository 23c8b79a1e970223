// MetricsWriter: rows of named numbers, to metrics.jsonl and to TensorBoard.
//
// A line of metrics.jsonl is one object: {"step": 640, "wall_time": 1700000000.5, "loss": 0.25}.
// NaN and infinities are null there. A resumed run appends; rows that it repeats come later in the
// file. Not thread-safe: the owner guards it. Every row is in the files when Write returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "learner/append_file.h"
#include "learner/event_writer.h"
#include "learner/run_folder.h"

namespace nyala {

class MetricsWriter {
 public:
  // `resumed_at`: the step of the checkpoint the run goes on from.
  static absl::StatusOr<MetricsWriter> Open(const RunPaths& paths,
                                            std::optional<uint64_t> resumed_at = std::nullopt);

  // Names must be distinct, and neither "step" nor "wall_time". A row that cannot be written (a
  // full disk) is lost and training goes on: the error is returned for the first of such rows only,
  // until one gets through.
  absl::Status Write(uint64_t step, double wall_time, absl::Span<const Scalar> row);
  uint64_t rows_lost() const { return rows_lost_; }

 private:
  MetricsWriter(AppendFile lines, EventWriter events)
      : lines_(std::move(lines)), events_(std::move(events)) {}

  AppendFile lines_;
  EventWriter events_;
  uint64_t rows_lost_ = 0;
  bool failing_ = false;
};

}  // namespace nyala
