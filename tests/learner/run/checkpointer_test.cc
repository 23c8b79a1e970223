#include "learner/run/checkpointer.h"

#include <memory>

#include "common/base/thread.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/run/checkpoint_builder.h"
#include "tests/support/recorded_lines.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A disk on which every write hangs until it is let go.
class HungDisk {
 public:
  absl::Status Write(const std::string& path, const ByteSource& source) {
    {
      MutexLock lock(mu_);
      waiting_ = true;
      changed_.NotifyAll();
      changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return free_; });
    }
    return WriteFileFrom(path, source);
  }
  bool WaitUntilSomethingHangs() {
    MutexLock lock(mu_);
    return changed_.WaitFor(mu_, std::chrono::minutes(2),
                            [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return waiting_; });
  }
  void LetGo() {
    MutexLock lock(mu_);
    free_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mu_;
  CondVar changed_;
  bool waiting_ ABSL_GUARDED_BY(mu_) = false;
  bool free_ ABSL_GUARDED_BY(mu_) = false;
};

class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() : folder_(run_ / "checkpoints") { config_.set_interval_updates(10); }

  std::unique_ptr<Checkpointer> Make() {
    options_.keep = 100;
    SlowNotice::Options slow;
    slow.first_seconds = slow_seconds_;
    slow.say = [this](const std::string& line) { lines_.Add(line); };
    return std::make_unique<Checkpointer>(CheckpointStore::Open(folder_, options_).value(), config_,
                                          slow);
  }
  void HangTheDisk() {
    options_.write_file = [this](const std::string& path, const ByteSource& source) {
      return disk_.Write(path, source);
    };
  }
  std::vector<std::string> Names() { return ListCheckpoints(folder_).value(); }

  ScratchDir run_;
  std::string folder_;
  CheckpointStoreOptions options_;
  CheckpointConfig config_;
  double slow_seconds_ = 1e6;
  RecordedLines lines_;
  HungDisk disk_;
};

TEST_F(CheckpointerTest, WritesWhatIsSubmittedAndTheLastOne) {
  auto checkpointer = Make();
  EXPECT_FALSE(checkpointer->Due(9));
  EXPECT_TRUE(checkpointer->Due(10));
  checkpointer->Submit(MakeCheckpoint(10));
  EXPECT_FALSE(checkpointer->Due(19));
  EXPECT_EQ(checkpointer->WriteFinal(MakeCheckpoint(13)), absl::OkStatus());
  EXPECT_EQ(Names().back(), CheckpointName(13));
  EXPECT_THAT(lines_.lines(), IsEmpty());
}

TEST_F(CheckpointerTest, WhatWasSubmittedIsWrittenBeforeItEnds) {
  Make()->Submit(MakeCheckpoint(1));
  EXPECT_THAT(Names(), ElementsAre(CheckpointName(1)));
}

// Before, the third Submit waited for the disk, and with it the trainer.
TEST_F(CheckpointerTest, OnAHungDiskTheNewestReplacesWhatWasNotBegun) {
  HangTheDisk();
  auto checkpointer = Make();
  checkpointer->Submit(MakeCheckpoint(1));
  ASSERT_TRUE(disk_.WaitUntilSomethingHangs());
  for (uint64_t updates = 2; updates <= 5; ++updates) {
    checkpointer->Submit(MakeCheckpoint(updates));
  }
  disk_.LetGo();
  checkpointer.reset();
  EXPECT_THAT(Names(), ElementsAre(CheckpointName(1), CheckpointName(5)));
}

TEST_F(CheckpointerTest, ASlowWriteIsSaidWhileItGoesOnAndWhenItIsDone) {
  HangTheDisk();
  slow_seconds_ = 1e-3;
  auto checkpointer = Make();
  checkpointer->Submit(MakeCheckpoint(1200));
  ASSERT_TRUE(lines_.WaitForCount(2));
  EXPECT_THAT(lines_.lines()[1],
              AllOf(StartsWith("the checkpoint of update 1200 has been writing for "),
                    HasSubstr(" s to " + folder_ + "; training goes on")));
  disk_.LetGo();
  EXPECT_THAT(lines_.WaitFor("was written"),
              StartsWith("the checkpoint of update 1200 was written after "));
}

TEST_F(CheckpointerTest, TheLastOneOnAHungDiskSaysWhatIsWaitedFor) {
  HangTheDisk();
  slow_seconds_ = 1e-3;
  auto checkpointer = Make();
  checkpointer->Submit(MakeCheckpoint(1));
  ASSERT_TRUE(lines_.WaitForCount(1));
  absl::Status written = absl::UnknownError("not written");
  Thread ending("ending", [&] { written = checkpointer->WriteFinal(MakeCheckpoint(2)); });
  EXPECT_THAT(lines_.WaitFor("the run ends when its last one is written"),
              StartsWith("the checkpoint of update 1 has been writing for "));
  disk_.LetGo();
  ending.Join();
  EXPECT_EQ(written, absl::OkStatus());
  EXPECT_THAT(Names(), ElementsAre(CheckpointName(1), CheckpointName(2)));
}

TEST_F(CheckpointerTest, TheLastOneTakesThePlaceOfOneThatWaits) {
  HangTheDisk();
  auto checkpointer = Make();
  checkpointer->Submit(MakeCheckpoint(1));
  ASSERT_TRUE(disk_.WaitUntilSomethingHangs());
  checkpointer->Submit(MakeCheckpoint(2));
  absl::Status written = absl::UnknownError("not written");
  Thread ending("ending", [&] { written = checkpointer->WriteFinal(MakeCheckpoint(3)); });
  disk_.LetGo();
  ending.Join();
  EXPECT_EQ(written, absl::OkStatus());
  EXPECT_EQ(Names().back(), CheckpointName(3));
}

TEST_F(CheckpointerTest, ALastOneThatCannotBeWrittenIsAnError) {
  options_.write_file = [](const std::string&, const ByteSource& source) {
    return WriteFileFrom("/dev/full", source);
  };
  auto checkpointer = Make();
  checkpointer->Submit(MakeCheckpoint(1));
  EXPECT_EQ(checkpointer->WriteFinal(MakeCheckpoint(2)).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Names(), IsEmpty());
}

}  // namespace
}  // namespace nyala
