// Files: whole-file reads, durable and atomic writes, folders.
//
// Every error is one line with the path and the system's reason, "cannot write /runs/a/config:
// No space left on device"; its code follows errno (NotFound, ResourceExhausted for a full disk,
// ...). Threads: any, on different paths. Blocking: all of them, on the disk.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

// "cannot <action> <path>: <reason>" for the present errno.
absl::Status FileError(absl::string_view action, absl::string_view path);

std::string JoinPath(absl::string_view folder, absl::string_view name);
// Whether something (of any kind) is at `path`; a dangling link is not.
bool PathExists(const std::string& path);

absl::StatusOr<std::string> ReadFile(const std::string& path);
// All of `data`, whatever the kernel takes at once; `path` is for the error only.
absl::Status WriteAll(int fd, absl::string_view data, absl::string_view path);
// Creates or replaces `path` and syncs it. Not atomic: for files that nobody sees yet.
absl::Status WriteFile(const std::string& path, absl::string_view data);
// Readers see the old contents or the new, also after a crash. On an error the old ones stay. May
// use the reserve of descriptors (common/system/descriptors.h).
absl::Status WriteFileAtomically(const std::string& path, absl::string_view data);

// What need not be in memory at once: a source gives its bytes to the sink piece by piece, in
// order, and ends with the sink's first error.
using ByteSink = std::function<absl::Status(absl::string_view piece)>;
using ByteSource = std::function<absl::Status(const ByteSink& sink)>;
// WriteFile of all that `source` gives.
absl::Status WriteFileFrom(const std::string& path, const ByteSource& source);
// All that `source` gives, in memory.
absl::StatusOr<std::string> Collect(const ByteSource& source);

// A new file beside `path`, to be renamed to it: nobody can know its name before, and whatever was
// put there is not opened. The caller owns `fd`, and removes the file when it comes to nothing.
struct AsideFile {
  int fd = -1;
  std::string path;
};
absl::StatusOr<AsideFile> CreateAside(const std::string& path, mode_t mode = 0644);
// Removes what processes that were killed left beside `path`; only when nobody writes it now.
absl::Status RemoveAsides(const std::string& path);

// Creates the folder and its parents where they are missing.
absl::Status MakeDirs(const std::string& path);
// Names in the folder, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);
// Makes renames and new names in the folder durable.
absl::Status SyncFolder(const std::string& path);
absl::Status Rename(const std::string& from, const std::string& to);
// Removes a file, or a folder and all in it; links are removed, not followed. OK if absent.
absl::Status RemoveTree(const std::string& path);

}  // namespace nyala
