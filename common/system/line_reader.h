// LineReader: the lines of a text file one after the other, in memory of the size of the longest.
//
// What follows the last newline is no line: whoever appends to the file may still be writing it.
// Not thread-safe: the owner guards it. Blocking: on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

class LineReader {
 public:
  // Begins at byte `from`, in the middle of a line perhaps: then the first one is what is left of
  // it.
  static absl::StatusOr<LineReader> Open(const std::string& path, int64_t from = 0);

  LineReader(LineReader&& other) noexcept
      : path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        buffer_(std::move(other.buffer_)) {}
  LineReader& operator=(LineReader&&) = delete;
  ~LineReader();

  // The next line, without its newline, valid until the next call. False at the end.
  // InvalidArgument for a line of more than 64 MiB: this is no text.
  absl::StatusOr<bool> Next(absl::string_view* line);
  // Number of the line that Next gave, from 1.
  int64_t number() const { return number_; }

 private:
  LineReader(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
  std::string buffer_;
  size_t begin_ = 0;  // of what was not given yet
  int64_t number_ = 0;
};

}  // namespace nyala
