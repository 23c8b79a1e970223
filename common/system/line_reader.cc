#include "common/system/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr size_t kBlock = 1 << 16;
constexpr size_t kLongest = 1 << 26;

}  // namespace

absl::StatusOr<LineReader> LineReader::Open(const std::string& path, int64_t from) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError("read", path);
  LineReader reader(path, fd);
  if (from > 0 && lseek(fd, from, SEEK_SET) < 0) return FileError("read", path);
  return reader;
}

LineReader::~LineReader() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<bool> LineReader::Next(absl::string_view* line) {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      *line = absl::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      ++number_;
      return true;
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    if (searched > kLongest) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ":", number_ + 1, ": the line does not end"));
    }
    buffer_.resize(searched + kBlock);
    ssize_t count = 0;
    do {
      count = read(fd_, &buffer_[searched], kBlock);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return FileError("read", path_);
    buffer_.resize(searched + static_cast<size_t>(count));
    if (count == 0) return false;
  }
}

}  // namespace nyala
