#include "tests/support/subprocess.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

Subprocess::Options Shell(const std::string& script) { return {{"/bin/sh", "-c", script}, {}, ""}; }

TEST(SubprocessTest, KeepsTheTwoStreamsApartAndTheStatus) {
  const Finished finished = RunToEnd(Shell("echo to out; echo to err >&2; exit 7"));
  EXPECT_EQ(finished.out, "to out\n");
  EXPECT_EQ(finished.err, "to err\n");
  EXPECT_EQ(finished.status, 7);
}

TEST(SubprocessTest, ReadsMoreThanAPipeHolds) {
  const Finished finished = RunToEnd(Shell("head -c 1000000 /dev/zero"));
  EXPECT_EQ(finished.out.size(), 1000000u);
  EXPECT_EQ(finished.status, 0);
}

TEST(SubprocessTest, HandsOverEnvironmentAndWorkingDirectory) {
  Subprocess::Options options = Shell("echo $FLAVOUR; pwd");
  options.environment["FLAVOUR"] = "vanilla";
  options.working_directory = "/usr";
  EXPECT_EQ(RunToEnd(options).out, "vanilla\n/usr\n");
}

TEST(SubprocessTest, ReportsASignalAsAShellDoes) {
  Subprocess process(Shell("echo ready; exec sleep 1000"));
  ASSERT_TRUE(process.WaitForOutput("ready"));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 128 + SIGTERM);
}

TEST(SubprocessTest, OutputThatNeverComesEndsWithTheProcess) {
  Subprocess process(Shell("echo something else"));
  EXPECT_FALSE(process.WaitForOutput("ready"));
}

TEST(SubprocessTest, FindsDescendantsThatOutliveTheirParent) {
  Subprocess process(Shell("setsid sleep 1000 >/dev/null 2>&1 & exit 0"));
  EXPECT_EQ(process.Wait(), 0);
  ASSERT_TRUE(process.WaitUntil([&] {
    const std::vector<pid_t> family = process.Family();
    return family.size() == 1 && ProcessName(family[0]) == "sleep";
  }));
  kill(process.Family().at(0), SIGKILL);
  EXPECT_TRUE(process.WaitUntil([&] { return process.Family().empty(); }));
}

TEST(SubprocessTest, NothingIsLeftAfterItsScope) {
  pid_t pid = 0;
  {
    Subprocess process(Shell("echo ready; exec sleep 1000"));
    ASSERT_TRUE(process.WaitForOutput("ready"));
    pid = process.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ScratchDirTest, IsGoneWithItsContentAfterItsScope) {
  std::string path;
  {
    ScratchDir scratch;
    path = scratch.path();
    ASSERT_TRUE(WriteFile(scratch.Folder("inner") + "/file", "text").ok());
  }
  EXPECT_FALSE(PathExists(path));
}

}  // namespace
}  // namespace nyala
