#include "deploy/launcher/socket_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <string>

#include "common/system/file.h"

namespace nyala {
namespace {

TEST(SocketFolder, IsPrivateAndRemovedWithItsContents) {
  std::string path;
  {
    const auto folder = SocketFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    path = folder->path();
    EXPECT_EQ(folder->address(), "unix:" + path + "/learner");
    EXPECT_LE(path.size() + sizeof("/learner"), 107u);
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    std::ofstream(path + "/learner") << "x";
  }
  EXPECT_FALSE(PathExists(path));
}

TEST(SocketFolder, MovedFromRemovesNothing) {
  auto first = SocketFolder::Create();
  ASSERT_TRUE(first.ok());
  std::optional<SocketFolder> second(std::move(*first));
  first = absl::CancelledError();
  EXPECT_TRUE(PathExists(second->path()));
}

TEST(SocketFolder, LongTemporaryFolderIsPassedOver) {
  const char* before = getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before;
  setenv("TMPDIR", ("/tmp/" + std::string(100, 'x')).c_str(), 1);
  const auto folder = SocketFolder::Create();
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", restored.c_str(), 1);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->path().find("/tmp/nyala-"), 0u);
}

}  // namespace
}  // namespace nyala
