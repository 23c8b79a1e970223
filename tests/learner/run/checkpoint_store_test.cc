#include "learner/run/checkpoint_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "common/system/descriptors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/run/checkpoint_builder.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CheckpointStoreTest : public testing::Test {
 protected:
  CheckpointStoreTest() : folder_(run_ / "checkpoints") {}

  CheckpointStore Open(int keep = 3) {
    options_.keep = keep;
    absl::StatusOr<CheckpointStore> store = CheckpointStore::Open(folder_, options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  std::vector<std::string> Entries() { return ListFolder(folder_).value(); }
  std::vector<std::string> Names() { return ListCheckpoints(folder_).value(); }
  std::string Best() {
    char target[64] = {};
    const ssize_t length = readlink(JoinPath(folder_, "best").c_str(), target, sizeof(target));
    return length < 0 ? "" : std::string(target, static_cast<size_t>(length));
  }
  void Damage(const std::string& name) {
    ASSERT_TRUE(WriteFile(JoinPath(folder_, name + "/model.safetensors"), "rubbish").ok());
  }

  ScratchDir run_;
  std::string folder_;
  CheckpointStoreOptions options_;
};

TEST_F(CheckpointStoreTest, NamesSortAsNumbers) {
  EXPECT_EQ(CheckpointName(7), "000000000007");
  EXPECT_LT(CheckpointName(999), CheckpointName(1000));
}

TEST_F(CheckpointStoreTest, WritesOneThatLoads) {
  const auto path = Open().Write(MakeCheckpoint(5));
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, JoinPath(folder_, "000000000005"));
  const auto loaded = LoadCheckpoint(folder_, "");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->counters.updates, 5u);
  EXPECT_THAT(Entries(), ElementsAre("000000000005", "best"));
}

TEST_F(CheckpointStoreTest, AFolderWithoutCheckpointsSaysSo) {
  EXPECT_THAT(ListCheckpoints(folder_).value(), IsEmpty());
  EXPECT_EQ(NewestGoodCheckpoint(folder_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadCheckpoint(folder_, "").status().message(), "no checkpoint in " + folder_);
}

TEST_F(CheckpointStoreTest, KeepsTheNewestAndTheBest) {
  CheckpointStore store = Open(2);
  const double means[] = {10, 30, 20, 15, 5};
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(store.Write(MakeCheckpoint(i + 1, means[i])).ok());
  }
  EXPECT_THAT(Entries(), ElementsAre("000000000002", "000000000004", "000000000005", "best"));
  EXPECT_EQ(Best(), "000000000002");
  EXPECT_EQ(LoadCheckpoint(folder_, "best")->counters.updates, 2u);
}

TEST_F(CheckpointStoreTest, OfEquallyGoodOnesTheNewestIsTheBest) {
  CheckpointStore store = Open(1);
  ASSERT_TRUE(store.Write(MakeCheckpoint(1, 500)).ok());
  ASSERT_TRUE(store.Write(MakeCheckpoint(2, 500)).ok());
  EXPECT_THAT(Entries(), ElementsAre("000000000002", "best"));
  EXPECT_EQ(Best(), "000000000002");
}

TEST_F(CheckpointStoreTest, FewerThanAHundredEpisodesAreNoBest) {
  Checkpoint checkpoint = MakeCheckpoint(1);
  checkpoint.counters.episodes = EpisodeStats();
  for (int i = 0; i < 99; ++i) checkpoint.counters.episodes.Add(1000, 1);
  ASSERT_TRUE(Open().Write(checkpoint).ok());
  EXPECT_EQ(Best(), "");
  const absl::Status status = LoadCheckpoint(folder_, "best").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("there are: 000000000001"));
}

TEST_F(CheckpointStoreTest, TheNextProcessKnowsTheBest) {
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(1, 30)).ok());
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(2, 20)).ok());
  EXPECT_EQ(Best(), "000000000001");
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(3, 40)).ok());
  EXPECT_EQ(Best(), "000000000003");
  EXPECT_THAT(Names(), ElementsAre("000000000003"));
}

TEST_F(CheckpointStoreTest, ABestThatCannotBeReadIsReplaced) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1, 30)).ok());
  ASSERT_TRUE(RemoveTree(JoinPath(folder_, "000000000001")).ok());
  ASSERT_TRUE(Open().Write(MakeCheckpoint(2, 20)).ok());
  EXPECT_EQ(Best(), "000000000002");
}

TEST_F(CheckpointStoreTest, TheSameUpdatesReplaceTheOldOne) {
  CheckpointStore store = Open();
  ASSERT_TRUE(store.Write(MakeCheckpoint(1, 30)).ok());
  Checkpoint again = MakeCheckpoint(1, 25);
  again.environment_frames = 12345;
  ASSERT_TRUE(store.Write(again).ok());
  EXPECT_THAT(Entries(), ElementsAre("000000000001", "best"));
  EXPECT_EQ(LoadCheckpoint(folder_, "")->environment_frames, 12345u);
}

TEST_F(CheckpointStoreTest, CheckpointsAreNamedPaddedOrNot) {
  CheckpointStore store = Open();
  ASSERT_TRUE(store.Write(MakeCheckpoint(1)).ok());
  ASSERT_TRUE(store.Write(MakeCheckpoint(2)).ok());
  EXPECT_EQ(LoadCheckpoint(folder_, "1")->counters.updates, 1u);
  EXPECT_EQ(LoadCheckpoint(folder_, "000000000002")->counters.updates, 2u);
  for (const char* name : {"3", "../checkpoints/000000000001", "-1", "x"}) {
    EXPECT_EQ(LoadCheckpoint(folder_, name).status().message(),
              "no checkpoint '" + std::string(name) + "' in " + folder_ +
                  "; there are: 000000000001, 000000000002");
  }
}

TEST_F(CheckpointStoreTest, ADamagedOneIsRefusedAndTheNewestGoodOneNamed) {
  CheckpointStore store = Open();
  for (uint64_t updates = 1; updates <= 3; ++updates) {
    ASSERT_TRUE(store.Write(MakeCheckpoint(updates)).ok());
  }
  Damage("000000000003");
  const absl::Status status = LoadCheckpoint(folder_, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("000000000003: model.safetensors does not match its checksum"),
                    HasSubstr("; the newest good checkpoint is 000000000002")));
  EXPECT_EQ(NewestGoodCheckpoint(folder_).value(), "000000000002");
}

TEST_F(CheckpointStoreTest, WhereNoneIsGoodTheRefusalSaysSo) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1)).ok());
  Damage("000000000001");
  EXPECT_THAT(LoadCheckpoint(folder_, "").status().message(),
              HasSubstr("; there is no good checkpoint in"));
}

TEST_F(CheckpointStoreTest, AnotherNetworksCheckpointIsNotGood) {
  CheckpointStore store = Open();
  Checkpoint ours = MakeCheckpoint(1);
  ours.layout = 7;
  ASSERT_TRUE(store.Write(ours).ok());
  ASSERT_TRUE(store.Write(MakeCheckpoint(2)).ok());
  const absl::Status status = LoadCheckpoint(folder_, "", 7).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("the newest good checkpoint is 000000000001"));
}

TEST_F(CheckpointStoreTest, LeftoversOfAnInterruptedWriteAreRemovedAndNeverSeen) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1)).ok());
  ASSERT_TRUE(MakeDirs(JoinPath(folder_, ".partial-000000000002")).ok());
  ASSERT_TRUE(WriteFile(JoinPath(folder_, ".partial-000000000002/state.json"), "{").ok());
  ASSERT_TRUE(WriteFile(JoinPath(folder_, "notes.txt"), "mine").ok());
  EXPECT_THAT(Names(), ElementsAre("000000000001"));
  Open();
  EXPECT_THAT(Entries(), ElementsAre("000000000001", "best", "notes.txt"));
}

// The disk is full at each file in turn, after half of it was written.
TEST_F(CheckpointStoreTest, AFullDiskCostsNoEarlierCheckpointAndLeavesNothing) {
  const std::vector<std::pair<std::string, std::string>> files = FilesOf(MakeCheckpoint(2));
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(1)).ok());
  for (const auto& [full_at, data] : files) {
    options_.write_file = [name = full_at](const std::string& path, const ByteSource& source) {
      const std::string bytes = Collect(source).value();
      if (path.find(name) == std::string::npos) return WriteFile(path, bytes);
      WriteFile(path, bytes.substr(0, bytes.size() / 2)).IgnoreError();
      return absl::ErrnoToStatus(ENOSPC, absl::StrCat("cannot write ", path));
    };
    const absl::Status status = Open(1).Write(MakeCheckpoint(2)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(status.message(), AllOf(HasSubstr("was not written to " + folder_),
                                        HasSubstr(full_at), HasSubstr("No space left on device"),
                                        HasSubstr("earlier checkpoints are kept")));
    EXPECT_THAT(status.message(), Not(HasSubstr("\n")));
    EXPECT_THAT(Entries(), ElementsAre("000000000001", "best"));
    EXPECT_TRUE(LoadCheckpoint(folder_, "").ok());
  }
}

TEST_F(CheckpointStoreTest, AFullDiskWhileReplacingKeepsTheOldOne) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1)).ok());
  options_.write_file = [](const std::string&, const ByteSource& source) {
    return WriteFileFrom("/dev/full", source);
  };
  EXPECT_FALSE(Open().Write(MakeCheckpoint(1)).ok());
  EXPECT_TRUE(LoadCheckpoint(folder_, "1").ok());
  EXPECT_THAT(Entries(), ElementsAre("000000000001", "best"));
}

TEST_F(CheckpointStoreTest, AWriteCanBeTriedAgain) {
  int failures = 1;
  options_.write_file = [&failures](const std::string& path, const ByteSource& source) {
    return WriteFileFrom(failures-- > 0 ? "/dev/full" : path, source);
  };
  CheckpointStore store = Open();
  EXPECT_FALSE(store.Write(MakeCheckpoint(1)).ok());
  EXPECT_TRUE(store.Write(MakeCheckpoint(1)).ok());
  EXPECT_TRUE(LoadCheckpoint(folder_, "").ok());
}

// As on a file system without symbolic links.
int NoLinks(const char*, const char*) {
  errno = EPERM;
  return -1;
}

TEST_F(CheckpointStoreTest, WithoutLinksTheBestIsNamedByAFile) {
  options_.make_link = NoLinks;
  {
    CheckpointStore store = Open(1);
    ASSERT_TRUE(store.Write(MakeCheckpoint(1, 30)).ok());
    ASSERT_TRUE(store.Write(MakeCheckpoint(2, 20)).ok());
  }
  EXPECT_THAT(Entries(), ElementsAre("000000000001", "000000000002", "best"));
  EXPECT_EQ(ReadFile(JoinPath(folder_, "best")).value(), "000000000001\n");
  EXPECT_EQ(LoadCheckpoint(folder_, "best")->counters.updates, 1u);
  // The next process knows it, and may have links again.
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(3, 25)).ok());
  EXPECT_EQ(LoadCheckpoint(folder_, "best")->counters.updates, 1u);
  options_.make_link = symlink;
  ASSERT_TRUE(Open(1).Write(MakeCheckpoint(4, 40)).ok());
  EXPECT_EQ(Best(), "000000000004");
  EXPECT_EQ(LoadCheckpoint(folder_, "best")->counters.updates, 4u);
}

TEST_F(CheckpointStoreTest, AFileThatNamesNoCheckpointIsNoBest) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1, 30)).ok());
  ASSERT_TRUE(RemoveTree(JoinPath(folder_, "best")).ok());
  for (const char* text : {"", "../../elsewhere\n", "000000000007\n"}) {
    ASSERT_TRUE(WriteFile(JoinPath(folder_, "best"), text).ok());
    EXPECT_EQ(LoadCheckpoint(folder_, "best").status().code(), absl::StatusCode::kNotFound) << text;
  }
}

TEST_F(CheckpointStoreTest, WhatFailsOnceTheCheckpointIsInPlaceIsNoError) {
  CheckpointStore store = Open();
  // Nothing can be renamed to a folder that holds something.
  ASSERT_TRUE(MakeDirs(JoinPath(folder_, "best/something")).ok());
  EXPECT_EQ(store.Write(MakeCheckpoint(1, 30)).value(), JoinPath(folder_, "000000000001"));
  EXPECT_TRUE(LoadCheckpoint(folder_, "1").ok());
}

// In a child, since a hard limit cannot be raised again: whether `body` is true with all
// descriptors taken that may be.
bool WithAllDescriptorsTaken(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{128, 128};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(2);
    RaiseDescriptorLimit();
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0;
}

TEST_F(CheckpointStoreTest, ACheckpointIsWrittenWhereConnectionsTookAllDescriptors) {
#ifdef NYALA_SANITIZED
  GTEST_SKIP() << "the sanitizer needs descriptors of its own";
#endif
  CheckpointStore store = Open();
  EXPECT_TRUE(WithAllDescriptorsTaken([&] { return store.Write(MakeCheckpoint(1)).ok(); }));
  EXPECT_TRUE(LoadCheckpoint(folder_, "1").ok());
}

TEST_F(CheckpointStoreTest, WhatCannotBeLookedAtIsNotSaidToBeMissing) {
  ASSERT_TRUE(Open().Write(MakeCheckpoint(1)).ok());
  EXPECT_TRUE(WithAllDescriptorsTaken([&] {
    return absl::IsResourceExhausted(NewestGoodCheckpoint(folder_).status()) &&
           absl::IsResourceExhausted(ReadCheckpoint(JoinPath(folder_, "000000000001")).status());
  }));
}

}  // namespace
}  // namespace nyala
