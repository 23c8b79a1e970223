#include "deploy/render/pending_file.h"

#include <unistd.h>

#include "absl/memory/memory.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<PendingFile>> PendingFile::Create(const std::string& path) {
  NYALA_ASSIGN_OR_RETURN(const AsideFile aside, CreateAside(path, 0666));
  return absl::WrapUnique(new PendingFile(path, aside.path, aside.fd));
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
