// ScratchDir: a folder of a test's own, removed with everything in it at the end of its scope.
//
// Its path is short enough for unix-domain sockets below it.
#pragma once

#include <string>

namespace nyala {

class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // A folder below it, made when it is missing.
  std::string Folder(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace nyala
