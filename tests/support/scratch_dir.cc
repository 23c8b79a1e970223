#include "tests/support/scratch_dir.h"

#include <stdlib.h>

#include "common/base/check.h"
#include "common/system/file.h"

namespace nyala {

ScratchDir::ScratchDir() : path_("/tmp/nyala-test.XXXXXX") {
  NYALA_CHECK(mkdtemp(path_.data()) != nullptr, "cannot make a scratch folder");
}

ScratchDir::~ScratchDir() { RemoveTree(path_).IgnoreError(); }

std::string ScratchDir::Folder(const std::string& name) const {
  const std::string folder = *this / name;
  NYALA_CHECK(MakeDirs(folder).ok(), "cannot make a folder in a scratch folder");
  return folder;
}

}  // namespace nyala
