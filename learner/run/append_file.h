// AppendFile: a file that only grows, by whole records.
//
// It may be written under a name of its own and put into its place when it is complete, where it
// goes on growing. A record that does not fit the disk is taken back entirely, so that later ones
// start cleanly. Not thread-safe: the owner guards it. Blocking: on the disk's cache only, nothing
// is synced.
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

  // A file beside `path` that nobody knows; gone with this unless it is put into a place.
  static absl::StatusOr<AppendFile> CreateBeside(const std::string& path);

  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  absl::Status Append(absl::string_view record);
  // Syncs it and renames it to `path`, in the same folder, over what is there. For one that was
  // created beside.
  absl::Status PutInto(const std::string& path);
  const std::string& path() const { return path_; }
  // Bytes of whole records.
  int64_t size() const { return size_; }

 private:
  AppendFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
  int64_t size_ = 0;
  bool beside_ = false;  // not in its place yet
};

}  // namespace nyala
