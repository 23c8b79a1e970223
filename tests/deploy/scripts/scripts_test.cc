// deploy/install and deploy/build against made-up tools: which packages they ask for, and what they
// do where they cannot install.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/system/file.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/subprocess.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A copy of deploy/ in a folder of its own, and a PATH of made-up tools beside the usual ones.
class ScriptsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    chmod(scratch_.path().c_str(), 0755);
    tools_ = scratch_.Folder("tools");
    Copy("deploy/install");
    Copy("deploy/build");
    Copy("CMakePresets.json");
    Write("deploy/packages", "# a comment\nlibalpha-dev\n\nlibbeta-dev   # why\n");
    for (const char* tool : {"bash", "sed", "grep", "cat", "mktemp", "tail", "rm", "mkdir", "touch",
                             "dirname", "env", "awk", "nproc", "nice", "sort", "paste"}) {
      Link(tool);
    }
    for (const char* tool : {"c++", "cmake", "ninja"}) Tool(tool, "exit 0");
  }

  // A made-up tool that notes how it was called, then runs `script`.
  void Tool(const std::string& name, const std::string& script) {
    const std::string path = tools_ + "/" + name;
    ASSERT_TRUE(WriteFile(path, "#!/bin/bash\necho \"" + name + " $*\" >> " + Calls() + "\n" +
                                    script + "\n")
                    .ok());
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  }
  void Remove(const std::string& tool) { unlink((tools_ + "/" + tool).c_str()); }

  void Debian(const std::string& installed) {
    Tool("dpkg-query", "for name in " + installed + "; do echo \"$name installed\"; done");
    Tool("apt-get", "exit 0");
  }

  Finished Run(const std::vector<std::string>& argv) {
    Subprocess::Options options;
    options.argv = argv;
    options.environment["PATH"] = tools_;
    return RunToEnd(options);
  }
  Finished Install() { return Run({"/bin/bash", scratch_ / "deploy/install"}); }
  // As a user without rights, also where the tests run as root.
  Finished InstallUnprivileged() {
    if (getuid() != 0) return Install();
    return Run({"/usr/bin/setpriv", "--reuid=65534", "--clear-groups", "/bin/bash",
                scratch_ / "deploy/install"});
  }

  std::string Calls() const { return scratch_ / "calls"; }
  std::string CallsMade() const { return ReadFile(Calls()).value_or(""); }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(MakeDirs(scratch_ / "deploy").ok());
    ASSERT_TRUE(WriteFile(scratch_ / name, text).ok());
  }
  void Copy(const std::string& name) {
    Write(name, ReadFile(std::string(NYALA_SOURCE_DIR) + "/" + name).value());
  }
  void Link(const std::string& tool) {
    const std::string from = (PathExists("/usr/bin/" + tool) ? "/usr/bin/" : "/bin/") + tool;
    ASSERT_EQ(symlink(from.c_str(), (tools_ + "/" + tool).c_str()), 0);
  }

  ScratchDir scratch_;
  std::string tools_;
};

TEST_F(ScriptsTest, InstallDoesNothingWhenNothingIsMissing) {
  Debian("libalpha-dev libbeta-dev");
  const Finished finished = Install();
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(finished.out + finished.err, "");
  EXPECT_THAT(CallsMade(), Not(HasSubstr("apt-get")));
}

TEST_F(ScriptsTest, InstallAsksForExactlyWhatIsMissing) {
  if (getuid() != 0) GTEST_SKIP() << "installing needs root";
  Debian("libalpha-dev");
  const Finished finished = Install();
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("installing 1 packages: libbeta-dev"));
  EXPECT_THAT(CallsMade(), HasSubstr("install -y --no-install-recommends libbeta-dev\n"));
}

TEST_F(ScriptsTest, InstallShowsWhyAptFailedAndGoesOnWithTheToolsThatAreThere) {
  if (getuid() != 0) GTEST_SKIP() << "installing needs root";
  Debian("libalpha-dev");
  Tool("apt-get", "echo 'E: no network' >&2; exit 100");
  const Finished finished = Install();
  EXPECT_EQ(finished.status, 0);
  EXPECT_THAT(finished.err, HasSubstr("E: no network"));
  EXPECT_THAT(finished.err, HasSubstr("going on"));
}

TEST_F(ScriptsTest, WithoutRootInstallNamesWhatIsMissingAndGoesOn) {
  Debian("libalpha-dev");
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0777), 0);
  const Finished finished = InstallUnprivileged();
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("neither root nor sudo; going on"));
  EXPECT_THAT(finished.err, HasSubstr("libbeta-dev"));
  EXPECT_THAT(finished.err, Not(HasSubstr("libalpha-dev")));
}

TEST_F(ScriptsTest, WithoutRootAndCompilerInstallFails) {
  Debian("libalpha-dev");
  Remove("c++");
  const Finished finished = InstallUnprivileged();
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err, HasSubstr("c++ is not there"));
}

TEST_F(ScriptsTest, OnAnotherSystemInstallNamesThePackagesOnce) {
  const Finished first = Install();
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("not a Debian system; going on"));
  EXPECT_THAT(first.err, HasSubstr("libalpha-dev libbeta-dev"));
  const Finished second = Install();
  EXPECT_EQ(second.status, 0);
  EXPECT_EQ(second.err, "");
}

TEST_F(ScriptsTest, BuildRefusesAPresetItDoesNotKnow) {
  const Finished finished = Run({"/bin/bash", scratch_ / "deploy/build", "relaese"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.err,
              HasSubstr("unknown preset 'relaese'; known: asan clang debug release tsan"));
}

TEST_F(ScriptsTest, BuildShowsOnlyWhatTheCompilerSaid) {
  Tool("cmake", "mkdir -p build/release && touch build/release/build.ninja");
  Tool("ninja", "echo '[1/2] good step'; echo 'FAILED: bad.o'; echo 'bad.cc:1: error'; exit 1");
  const Finished finished = Run({"/bin/bash", scratch_ / "deploy/build"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("bad.cc:1: error"));
  EXPECT_THAT(finished.err, Not(HasSubstr("good step")));
}

TEST_F(ScriptsTest, BuildThatCannotBeConfiguredIsConfiguredAgain) {
  Tool("cmake", "touch build/release/build.ninja; echo 'CMake Error: no Torch' >&2; exit 1");
  const Finished failed = Run({"/bin/bash", scratch_ / "deploy/build"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("no Torch"));
  Tool("cmake", "touch build/release/build.ninja");
  EXPECT_EQ(Run({"/bin/bash", scratch_ / "deploy/build"}).status, 0);
}

}  // namespace
}  // namespace nyala
