#include "deploy/launcher/socket_folder.h"

#include <stdlib.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr size_t kLongestParent = 80;

}  // namespace

absl::StatusOr<SocketFolder> SocketFolder::Create() {
  const char* wanted = getenv("TMPDIR");
  std::string parent = wanted == nullptr ? "" : wanted;
  if (parent.empty() || parent.size() > kLongestParent) parent = "/tmp";
  std::string path = absl::StrCat(parent, "/nyala-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    return FileError("create a folder for the socket in", parent);
  }
  return SocketFolder(path);
}

SocketFolder::SocketFolder(SocketFolder&& other) noexcept
    : path_(std::exchange(other.path_, std::string())) {}

SocketFolder::~SocketFolder() {
  // What cannot be removed is empty or the system's to clean; there is nobody to tell.
  if (!path_.empty()) RemoveTree(path_).IgnoreError();
}

}  // namespace nyala
