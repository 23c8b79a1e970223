// AppendFile: a file that only grows, by whole records.
//
// A record that does not fit the disk is taken back entirely, so that later ones start cleanly.
// Not thread-safe: the owner guards it. Blocking: on the disk's cache only, nothing is synced.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

class AppendFile {
 public:
  // A file that must not exist yet: AlreadyExists.
  static absl::StatusOr<AppendFile> CreateNew(const std::string& path);
  // A text file, which may exist; a torn last line, left by a process that was killed, is cut off.
  static absl::StatusOr<AppendFile> OpenLines(const std::string& path);

  AppendFile(AppendFile&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  AppendFile& operator=(AppendFile&&) = delete;
  ~AppendFile();

  absl::Status Append(absl::string_view record);
  const std::string& path() const { return path_; }

 private:
  AppendFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
  // Bytes of whole records.
  int64_t size_ = 0;
};

}  // namespace nyala
