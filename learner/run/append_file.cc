#include "learner/run/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/system/file.h"

namespace nyala {
namespace {

// Bytes of `fd` up to and with its last newline; negative on an error.
int64_t EndOfLastLine(int fd) {
  std::array<char, 4096> block;
  int64_t end = lseek(fd, 0, SEEK_END);
  while (end > 0) {
    const int64_t begin = std::max<int64_t>(0, end - static_cast<int64_t>(block.size()));
    const ssize_t count = pread(fd, block.data(), static_cast<size_t>(end - begin), begin);
    if (count != end - begin) return -1;
    for (ssize_t i = count; i > 0; --i) {
      if (block[static_cast<size_t>(i - 1)] == '\n') return begin + i;
    }
    end = begin;
  }
  return end;
}

}  // namespace

absl::StatusOr<AppendFile> AppendFile::CreateNew(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("create", path);
  return AppendFile(path, fd);
}

absl::StatusOr<AppendFile> AppendFile::CreateBeside(const std::string& path) {
  absl::StatusOr<AsideFile> aside = CreateAside(path);
  if (!aside.ok()) return aside.status();
  AppendFile file(aside->path, aside->fd);
  file.beside_ = true;
  return file;
}

absl::StatusOr<AppendFile> AppendFile::OpenLines(const std::string& path) {
  // No link: what it names would be cut.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("open", path);
  AppendFile file(path, fd);
  file.size_ = EndOfLastLine(fd);
  if (file.size_ < 0 || ftruncate(fd, file.size_) != 0 || lseek(fd, file.size_, SEEK_SET) < 0) {
    return FileError("go on with", path);
  }
  return file;
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      beside_(std::exchange(other.beside_, false)) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(beside_, other.beside_);
  return *this;
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) close(fd_);
  if (beside_) unlink(path_.c_str());
}

absl::Status AppendFile::PutInto(const std::string& path) {
  if (fsync(fd_) != 0) return FileError("sync", path_);
  if (rename(path_.c_str(), path.c_str()) != 0) return FileError("replace", path);
  path_ = path;
  beside_ = false;
  return absl::OkStatus();
}

absl::Status AppendFile::Append(absl::string_view record) {
  absl::Status status = WriteAll(fd_, record, path_);
  if (status.ok()) {
    size_ += static_cast<int64_t>(record.size());
    return status;
  }
  if (ftruncate(fd_, size_) != 0 || lseek(fd_, size_, SEEK_SET) < 0) {
    status.Update(FileError("shorten", path_));
  }
  return status;
}

}  // namespace nyala
