// SocketFolder: a private folder (mode 0700) for the unix-domain socket of one run, removed with
// all in it at the end of its scope.
//
// Its path is short, because the kernel limits a socket's path to 107 bytes. One owner, one thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace nyala {

class SocketFolder {
 public:
  static absl::StatusOr<SocketFolder> Create();
  ~SocketFolder();
  SocketFolder(SocketFolder&& other) noexcept;
  SocketFolder& operator=(SocketFolder&&) = delete;

  const std::string& path() const { return path_; }
  // "unix:/tmp/nyala-x1y2z3/learner"
  std::string address() const { return "unix:" + path_ + "/learner"; }

 private:
  explicit SocketFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace nyala
