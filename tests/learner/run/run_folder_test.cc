#include "learner/run/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <regex>

#include "absl/strings/str_cat.h"
#include "common/system/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::HasSubstr;

RunConfig SmallConfig() {
  RunConfig config;
  config.set_seed(11);
  config.mutable_environment()->set_id("Catch-v0");
  return config;
}

TEST(RunFolderTest, CreatesTheFolderAndWritesTheConfig) {
  const ScratchDir temp;
  const std::string folder = temp / "runs/new";
  const auto run = RunFolder::Create(folder + "/", SmallConfig());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ((*run)->paths().folder(), folder);
  EXPECT_EQ((*run)->incarnation(), 1u);
  EXPECT_TRUE((*run)->paths().HoldsRun());
  const absl::StatusOr<RunConfig> config = ReadRunConfig(folder);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->SerializeAsString(), SmallConfig().SerializeAsString());
}

TEST(RunFolderTest, ThePathsAreInTheFolder) {
  const RunPaths paths("/runs/a");
  EXPECT_EQ(paths.config(), "/runs/a/config.textproto");
  EXPECT_EQ(paths.metrics(), "/runs/a/metrics.jsonl");
  EXPECT_EQ(paths.summary(), "/runs/a/summary.json");
  EXPECT_EQ(paths.checkpoints(), "/runs/a/checkpoints");
  EXPECT_EQ(RunPaths("/").lock(), "/lock");
}

TEST(RunFolderTest, AResumedRunKeepsItsIdAndHasANewIncarnation) {
  const ScratchDir temp;
  std::string run_id;
  {
    const auto run = RunFolder::Create(temp.path(), SmallConfig());
    ASSERT_TRUE(run.ok()) << run.status();
    run_id = (*run)->run_id();
  }
  for (const uint64_t incarnation : {2u, 3u}) {
    const auto run = RunFolder::Resume(temp.path());
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_EQ((*run)->run_id(), run_id);
    EXPECT_EQ((*run)->incarnation(), incarnation);
  }
}

TEST(RunFolderTest, AFreshStartInAHeldFolderIsRefused) {
  const ScratchDir temp;
  ASSERT_TRUE(RunFolder::Create(temp.path(), SmallConfig()).ok());
  const absl::Status status = RunFolder::Create(temp.path(), RunConfig()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(), "run folder " + temp.path() +
                                  " holds a run already; add --resume to go on with it, or choose "
                                  "another --run");
  EXPECT_EQ(ReadRunConfig(temp.path())->seed(), 11u);
}

TEST(RunFolderTest, TracesOfARunCountAsARun) {
  for (const char* trace : {"checkpoints", "metrics.jsonl"}) {
    const ScratchDir temp;
    ASSERT_TRUE(MakeDirs(temp / trace).ok());
    EXPECT_EQ(RunFolder::Create(temp.path(), SmallConfig()).status().code(),
              absl::StatusCode::kAlreadyExists);
  }
}

TEST(RunFolderTest, NothingCanBeResumedWhereNoRunIs) {
  const ScratchDir temp;
  const absl::Status status = RunFolder::Resume(temp / "none").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(),
              HasSubstr("run folder " + (temp / "none") + " holds no run to resume"));
  EXPECT_FALSE(PathExists(temp / "none"));
}

TEST(RunFolderTest, ASecondLearnerIsToldWhoHasTheFolder) {
  const ScratchDir temp;
  auto run = RunFolder::Create(temp.path(), SmallConfig());
  ASSERT_TRUE(run.ok()) << run.status();
  const std::string message =
      absl::StrCat("run folder ", temp.path(), " is in use by process ", getpid());
  for (const absl::Status& status : {RunFolder::Resume(temp.path()).status(),
                                     RunFolder::Create(temp.path(), SmallConfig()).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), message);
  }
  run->reset();
  EXPECT_TRUE(RunFolder::Resume(temp.path()).ok());
}

// As after kill -9: no destructor runs, and the lock file still names the dead process.
TEST(RunFolderTest, ADeadLearnersLockIsFree) {
  const ScratchDir temp;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto run = RunFolder::Create(temp.path(), SmallConfig());
    _exit(run.ok() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(ReadFile(RunPaths(temp.path()).lock()).value(), absl::StrCat(child, "\n"));
  EXPECT_TRUE(RunFolder::Resume(temp.path()).ok());
}

// As on Lustre and NFS without locks.
TEST(RunFolderTest, AFileSystemWithoutLocksIsNoReasonNotToRun) {
  for (const int reason : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    RunFolderOptions options;
    options.lock = [reason](int, int) {
      errno = reason;
      return -1;
    };
    const ScratchDir temp;
    testing::internal::CaptureStderr();
    {
      const auto run = RunFolder::Create(temp.path(), SmallConfig(), options);
      EXPECT_TRUE(run.ok()) << run.status();
      EXPECT_EQ(ReadFile(RunPaths(temp.path()).lock()).value(), absl::StrCat(getpid(), "\n"));
    }
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                AllOf(HasSubstr("cannot lock " + RunPaths(temp.path()).lock()),
                      HasSubstr("a second learner in this folder would not be noticed")));
    EXPECT_TRUE(RunFolder::Resume(temp.path(), options).ok());
  }
}

TEST(RunFolderTest, ALockThatFailsOtherwiseIsAnError) {
  RunFolderOptions options;
  options.lock = [](int, int) {
    errno = EIO;
    return -1;
  };
  const ScratchDir temp;
  EXPECT_THAT(RunFolder::Create(temp.path(), SmallConfig(), options).status().message(),
              HasSubstr("cannot lock " + RunPaths(temp.path()).lock()));
}

// Whoever passes a run folder on must not have a file of another's emptied.
TEST(RunFolderTest, ALinkInPlaceOfTheLockIsNotFollowed) {
  const ScratchDir temp;
  ASSERT_TRUE(RunFolder::Create(temp.path(), SmallConfig()).ok());
  ASSERT_TRUE(RemoveTree(temp / "lock").ok());
  ASSERT_TRUE(WriteFile(temp / "secret", "kept").ok());
  ASSERT_EQ(symlink("secret", (temp / "lock").c_str()), 0);
  EXPECT_THAT(RunFolder::Resume(temp.path()).status().message(), HasSubstr(temp / "lock"));
  EXPECT_EQ(ReadFile(temp / "secret").value(), "kept");
}

TEST(RunFolderTest, ADamagedIdentityIsNamed) {
  const ScratchDir temp;
  ASSERT_TRUE(RunFolder::Create(temp.path(), SmallConfig()).ok());
  for (const char* text : {"", "[]", "{\"run_id\": 3}", "{\"run_id\": \"a\"}"}) {
    ASSERT_TRUE(WriteFile(temp / "run.json", text).ok());
    const absl::Status status = RunFolder::Resume(temp.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(status.message(), HasSubstr((temp / "run.json") + " is damaged"));
  }
}

TEST(RunFolderTest, AConfigErrorNamesFileAndLine) {
  const ScratchDir temp;
  ASSERT_TRUE(WriteFile(temp / "config.textproto", "seed: 1\nbatsh {}\n").ok());
  EXPECT_THAT(ReadRunConfig(temp.path()).status().message(),
              AllOf(HasSubstr((temp / "config.textproto") + ":2:"), HasSubstr("batsh")));
}

TEST(RunFolderTest, AResumedRunMayReplaceItsConfig) {
  const ScratchDir temp;
  const auto run = RunFolder::Create(temp.path(), SmallConfig());
  ASSERT_TRUE(run.ok());
  RunConfig longer = SmallConfig();
  longer.mutable_limits()->set_frames(1000);
  ASSERT_TRUE((*run)->WriteConfig(longer).ok());
  EXPECT_EQ(ReadRunConfig(temp.path())->limits().frames(), 1000u);
}

TEST(RunFolderTest, AFolderThatCannotBeMadeIsNamed) {
  const absl::Status status = RunFolder::Create("/dev/null/run", SmallConfig()).status();
  EXPECT_THAT(status.message(), HasSubstr("cannot create folder /dev/null"));
}

TEST(NewRunIdTest, IsTimeAndChance) {
  const std::string id = NewRunId();
  EXPECT_TRUE(std::regex_match(id, std::regex("\\d{8}-\\d{6}-[0-9a-f]{8}"))) << id;
  EXPECT_NE(NewRunId().substr(16), id.substr(16));
}

}  // namespace
}  // namespace nyala
