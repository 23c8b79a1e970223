#include "common/system/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = testing::TempDir() + "nyala_file_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FileTest() override { RemoveTree(folder_).IgnoreError(); }
  std::string Path(const std::string& name) const { return JoinPath(folder_, name); }

  std::string folder_;
};

TEST_F(FileTest, PathsAreJoinedByOneSlash) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
}

TEST_F(FileTest, ReadsBackWhatItWrote) {
  for (const size_t size : {0u, 1u, 4095u, 4096u, 100'000u}) {
    const std::string data(size, '\0');
    ASSERT_TRUE(WriteFile(Path("file"), data).ok());
    EXPECT_EQ(ReadFile(Path("file")).value(), data) << size;
  }
}

TEST_F(FileTest, ReadsFilesThatDoNotKnowTheirSize) {
  EXPECT_THAT(ReadFile("/proc/self/status").value(), HasSubstr("VmHWM:"));
}

TEST_F(FileTest, AMissingFileIsNotFoundAndNamed) {
  const absl::Status status = ReadFile(Path("none")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "cannot read " + Path("none") + ": No such file or directory");
}

TEST_F(FileTest, AFullDiskIsAnErrorThatSaysSo) {
  const absl::Status status = WriteFile("/dev/full", "data");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "cannot write /dev/full: No space left on device");
}

TEST_F(FileTest, AnAtomicWriteReplacesAndLeavesNothingElse) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "old").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
  EXPECT_THAT(ListFolder(folder_).value(), ElementsAre("file"));
}

TEST_F(FileTest, AFailedAtomicWriteKeepsTheOldAndLeavesNothingElse) {
  // A folder cannot be replaced by a file.
  ASSERT_TRUE(MakeDirs(Path("taken/inner")).ok());
  const absl::Status status = WriteFileAtomically(Path("taken"), "new");
  EXPECT_THAT(status.message(), HasSubstr("cannot replace " + Path("taken")));
  EXPECT_THAT(ListFolder(folder_).value(), ElementsAre("taken"));
  EXPECT_TRUE(PathExists(Path("taken/inner")));
}

// Whoever may write in the folder must not be able to have another file overwritten.
TEST_F(FileTest, AnAtomicWriteFollowsNoLinkThatWasPutInItsWay) {
  ASSERT_TRUE(WriteFile(Path("secret"), "kept").ok());
  ASSERT_EQ(symlink("secret", Path(absl::StrCat("file.tmp.", getpid())).c_str()), 0);
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("secret")).value(), "kept");
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
}

TEST_F(FileTest, WhatAKilledProcessLeftBesideAFileCanBeRemoved) {
  const AsideFile left = CreateAside(Path("file")).value();
  EXPECT_NE(CreateAside(Path("file")).value().path, left.path);
  for (const char* name : {"file", "file.tmp.mine", "file2.tmp.0123456789abcdef"}) {
    ASSERT_TRUE(WriteFile(Path(name), "").ok());
  }
  ASSERT_TRUE(RemoveAsides(Path("file")).ok());
  EXPECT_THAT(ListFolder(folder_).value(),
              ElementsAre("file", "file.tmp.mine", "file2.tmp.0123456789abcdef"));
}

TEST_F(FileTest, AFileMayBeGivenInPieces) {
  const std::string large(100'000, 'x');
  const ByteSource source = [&large](const ByteSink& sink) {
    for (const std::string& piece : {std::string("a"), std::string(), large, std::string("b")}) {
      NYALA_RETURN_IF_ERROR(sink(piece));
    }
    return sink(large);
  };
  ASSERT_TRUE(WriteFileFrom(Path("file"), source).ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "a" + large + "b" + large);
  EXPECT_EQ(Collect(source).value(), "a" + large + "b" + large);
  EXPECT_EQ(WriteFileFrom("/dev/full", source).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, ASourceThatFailsFailsTheFile) {
  const ByteSource source = [](const ByteSink&) { return absl::DataLossError("gone"); };
  EXPECT_EQ(WriteFileFrom(Path("file"), source).message(), "gone");
  EXPECT_EQ(Collect(source).status().message(), "gone");
}

TEST_F(FileTest, MakesFoldersWithTheirParentsAgainAndAgain) {
  ASSERT_TRUE(MakeDirs(Path("a/b/c")).ok());
  ASSERT_TRUE(MakeDirs(Path("a/b/c/")).ok());
  EXPECT_TRUE(PathExists(Path("a/b/c")));
}

TEST_F(FileTest, AFileInTheWayOfAFolderIsNamed) {
  ASSERT_TRUE(WriteFile(Path("a"), "").ok());
  EXPECT_EQ(MakeDirs(Path("a")).message(),
            "cannot create folder " + Path("a") + ": Not a directory");
  EXPECT_FALSE(MakeDirs(Path("a/b")).ok());
}

TEST_F(FileTest, ListsSorted) {
  for (const char* name : {"b", ".c", "a"}) ASSERT_TRUE(WriteFile(Path(name), "").ok());
  EXPECT_THAT(ListFolder(folder_).value(), ElementsAre(".c", "a", "b"));
  EXPECT_EQ(ListFolder(Path("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, RemovesTreesButNotWhatLinksPointTo) {
  ASSERT_TRUE(MakeDirs(Path("kept")).ok());
  ASSERT_TRUE(WriteFile(Path("kept/file"), "").ok());
  ASSERT_TRUE(MakeDirs(Path("tree/inner")).ok());
  ASSERT_TRUE(WriteFile(Path("tree/inner/file"), "").ok());
  ASSERT_EQ(symlink("../kept", Path("tree/link").c_str()), 0);
  ASSERT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_THAT(ListFolder(folder_).value(), ElementsAre("kept"));
  EXPECT_TRUE(PathExists(Path("kept/file")));
}

TEST_F(FileTest, ADanglingLinkIsNoPath) {
  ASSERT_EQ(symlink("nowhere", Path("link").c_str()), 0);
  EXPECT_FALSE(PathExists(Path("link")));
}

TEST_F(FileTest, ARenameThatFailsNamesBoth) {
  EXPECT_EQ(Rename(Path("none"), Path("to")).message(),
            "cannot rename " + Path("none") + " to " + Path("to") + ": No such file or directory");
}

}  // namespace
}  // namespace nyala
