// EventWriter: scalars in a TensorBoard event file (tensorflow/core/util/event.proto in TFRecord
// framing), one new file per process in the run folder.
//
// Not thread-safe: the owner guards it. Ends with its destruction; every event is in the file
// when the call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "learner/append_file.h"

namespace nyala {

using Scalar = std::pair<std::string, double>;

class EventWriter {
 public:
  // `resumed_at`: TensorBoard then drops what an earlier process wrote for later steps.
  static absl::StatusOr<EventWriter> Open(const std::string& folder,
                                          std::optional<uint64_t> resumed_at = std::nullopt);

  absl::Status WriteScalars(uint64_t step, double wall_time, absl::Span<const Scalar> scalars);
  const std::string& path() const { return file_.path(); }

 private:
  explicit EventWriter(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

// The framing: length, its masked CRC-32C, data, their masked CRC-32C.
std::string FrameRecord(absl::string_view data);
uint32_t MaskedCrc32c(absl::string_view data);

}  // namespace nyala
