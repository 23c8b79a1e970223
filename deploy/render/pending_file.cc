#include "deploy/render/pending_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<PendingFile>> PendingFile::Create(const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".part");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError("write", path);
  return absl::WrapUnique(new PendingFile(path, temporary, fd));
}

PendingFile::~PendingFile() {
  close(fd_);
  if (!committed_) unlink(temporary_path_.c_str());
}

absl::Status PendingFile::Write(absl::string_view data) { return WriteAll(fd_, data, path_); }

absl::Status PendingFile::Commit() {
  if (fsync(fd_) != 0) return FileError("write", path_);
  NYALA_RETURN_IF_ERROR(Rename(temporary_path_, path_));
  committed_ = true;
  return absl::OkStatus();
}

}  // namespace nyala
