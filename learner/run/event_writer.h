// EventWriter: scalars in a TensorBoard event file (tensorflow/core/util/event.proto in TFRecord
// framing), one new file per process in the run folder, or one in place of all there are.
//
// Not thread-safe: the owner guards it. Ends with its destruction; every event is in the file
// when the call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "learner/run/append_file.h"

namespace nyala {

using Scalar = std::pair<std::string, double>;

class EventWriter {
 public:
  // `resumed_at`: TensorBoard then drops what an earlier process wrote for later steps.
  static absl::StatusOr<EventWriter> Open(const std::string& folder,
                                          std::optional<uint64_t> resumed_at = std::nullopt);
  // A file that nobody sees until TakeOver, after which TensorBoard takes what it holds for all
  // there is, also one that has read the others already.
  static absl::StatusOr<EventWriter> OpenInstead(const std::string& folder);

  absl::Status WriteScalars(uint64_t step, double wall_time, absl::Span<const Scalar> scalars);
  // What was written for `step` and later ones counts for nothing.
  absl::Status StartAgainAt(uint64_t step);
  // For one opened instead: puts it into its place and empties the other event files of the folder.
  absl::Status TakeOver();
  const std::string& path() const { return file_.path(); }
  // Bytes of this file.
  int64_t size() const { return file_.size(); }

 private:
  EventWriter(std::string folder, AppendFile file)
      : folder_(std::move(folder)), file_(std::move(file)) {}

  std::string folder_;
  AppendFile file_;
};

// Paths of the event files in `folder`, in the order in which TensorBoard reads them.
absl::StatusOr<std::vector<std::string>> ListEventFiles(const std::string& folder);
// Bytes of all of them.
absl::StatusOr<int64_t> EventBytes(const std::string& folder);

// The framing: length, its masked CRC-32C, data, their masked CRC-32C.
std::string FrameRecord(absl::string_view data);
uint32_t MaskedCrc32c(absl::string_view data);

}  // namespace nyala
