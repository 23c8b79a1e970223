#include "common/system/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/system/descriptors.h"

namespace nyala {
namespace {

constexpr char kAside[] = ".tmp.";
constexpr size_t kAsideDigits = 16;
// Smaller pieces of a source are collected to so much.
constexpr size_t kWorthAWrite = 1 << 16;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Writes, syncs and closes.
absl::Status FillFile(int fd, const ByteSource& source, const std::string& path) {
  std::string small;
  absl::Status status = source([&](absl::string_view piece) {
    if (small.size() + piece.size() < kWorthAWrite) {
      small.append(piece.data(), piece.size());
      return absl::OkStatus();
    }
    NYALA_RETURN_IF_ERROR(WriteAll(fd, small, path));
    small.clear();
    if (piece.size() >= kWorthAWrite) return WriteAll(fd, piece, path);
    small.append(piece.data(), piece.size());
    return absl::OkStatus();
  });
  if (status.ok()) status = WriteAll(fd, small, path);
  if (status.ok() && fsync(fd) != 0) status = FileError("sync", path);
  if (close(fd) != 0 && status.ok()) status = FileError("write", path);
  return status;
}

ByteSource SourceOf(absl::string_view data) {
  return [data](const ByteSink& sink) { return sink(data); };
}

}  // namespace

absl::Status FileError(absl::string_view action, absl::string_view path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", action, " ", path));
}

std::string JoinPath(absl::string_view folder, absl::string_view name) {
  if (folder.empty()) return std::string(name);
  return absl::StrCat(folder, folder.back() == '/' ? "" : "/", name);
}

bool PathExists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError("read", path);
  const auto close_fd = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0) return FileError("read", path);
  std::string data;
  size_t size = 0;
  // One byte more than the file says, to see its end; files of /proc say 0.
  size_t room = static_cast<size_t>(std::max<off_t>(info.st_size, 0)) + 1;
  while (true) {
    data.resize(size + room);
    const ssize_t count = read(fd, &data[size], room);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("read", path);
    size += static_cast<size_t>(count);
    if (count == 0) break;
    room = data.size() > size ? data.size() - size : 4096;
  }
  data.resize(size);
  return data;
}

absl::Status WriteAll(int fd, absl::string_view data, absl::string_view path) {
  while (!data.empty()) {
    const ssize_t count = write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("write", path);
    data.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, absl::string_view data) {
  return WriteFileFrom(path, SourceOf(data));
}

absl::Status WriteFileFrom(const std::string& path, const ByteSource& source) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("write", path);
  return FillFile(fd, source, path);
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view data) {
  const DescriptorReserve reserve;
  NYALA_ASSIGN_OR_RETURN(const AsideFile aside, CreateAside(path));
  absl::Status status = FillFile(aside.fd, SourceOf(data), aside.path);
  if (status.ok() && rename(aside.path.c_str(), path.c_str()) != 0) {
    status = FileError("replace", path);
  }
  if (status.ok()) return SyncFolder(FolderOf(path));
  unlink(aside.path.c_str());
  return status;
}

absl::StatusOr<std::string> Collect(const ByteSource& source) {
  std::string all;
  NYALA_RETURN_IF_ERROR(source([&all](absl::string_view piece) {
    all.append(piece.data(), piece.size());
    return absl::OkStatus();
  }));
  return all;
}

absl::StatusOr<AsideFile> CreateAside(const std::string& path, mode_t mode) {
  while (true) {
    std::random_device chance;
    AsideFile aside;
    aside.path = absl::StrFormat("%s%s%08x%08x", path, kAside, chance(), chance());
    aside.fd = open(aside.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (aside.fd >= 0) return aside;
    if (errno != EEXIST) return FileError("write", path);
  }
}

absl::Status RemoveAsides(const std::string& path) {
  const std::string folder = FolderOf(path);
  const std::string start = absl::StrCat(path.substr(path.rfind('/') + 1), kAside);
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    absl::string_view digits = name;
    if (!absl::ConsumePrefix(&digits, start) || digits.size() != kAsideDigits ||
        !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
      continue;
    }
    NYALA_RETURN_IF_ERROR(RemoveTree(JoinPath(folder, name)));
  }
  return absl::OkStatus();
}

absl::Status MakeDirs(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0755) == 0) continue;
    struct stat info;
    const int reason = errno;
    // An existing parent may well refuse mkdir for another reason (a read-only mount).
    if (stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    errno = reason == EEXIST ? ENOTDIR : reason;
    return FileError("create folder", part);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return FileError("read folder", path);
  const auto close_folder = absl::MakeCleanup([folder] { closedir(folder); });
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(folder);
    if (entry == nullptr) break;
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return FileError("read folder", path);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status SyncFolder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("sync folder", path);
  const auto close_fd = absl::MakeCleanup([fd] { close(fd); });
  if (fsync(fd) == 0) return absl::OkStatus();
  // What some network file systems say, which cannot sync a folder: they need no such sync.
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return absl::OkStatus();
  return FileError("sync folder", path);
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FileError(absl::StrCat("rename ", from, " to"), to);
}

absl::Status RemoveTree(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : FileError("remove", path);
  }
  if (S_ISDIR(info.st_mode)) {
    NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(path));
    for (const std::string& name : names) {
      NYALA_RETURN_IF_ERROR(RemoveTree(JoinPath(path, name)));
    }
  }
  if (std::remove(path.c_str()) != 0 && errno != ENOENT) return FileError("remove", path);
  return absl::OkStatus();
}

}  // namespace nyala
