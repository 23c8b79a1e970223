// PendingFile: a file that is written beside its place and renamed into it when it is complete.
//
// Without Commit nothing is left. One owner, one thread. Blocking: on the disk.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

class PendingFile {
 public:
  // The reason, and `path`, when nothing can be created there.
  static absl::StatusOr<std::unique_ptr<PendingFile>> Create(const std::string& path);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  // Where it is written, for another program that does.
  const std::string& temporary_path() const { return temporary_path_; }
  absl::Status Write(absl::string_view data);
  // Syncs it and puts it into its place.
  absl::Status Commit();

 private:
  PendingFile(const std::string& path, const std::string& temporary_path, int fd)
      : path_(path), temporary_path_(temporary_path), fd_(fd) {}

  const std::string path_, temporary_path_;
  const int fd_;
  bool committed_ = false;
};

}  // namespace nyala
