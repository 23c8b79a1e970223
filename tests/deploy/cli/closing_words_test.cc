#include "deploy/cli/closing_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/cli/commands/learner_process.h"
#include "deploy/launcher/exit_codes.h"
#include "learner/run/run_folder.h"
#include "learner/run/summary.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string WordsFor(int status, const std::string& run_dir = "runs/my run") {
  testing::internal::CaptureStderr();
  SayClosingWords({"build/nyala", "train", run_dir}, status);
  return testing::internal::GetCapturedStderr();
}

TEST(SayClosingWords, TellsWhereTheRunIsAndWhatToTypeNext) {
  EXPECT_THAT(WordsFor(kExitDone),
              AllOf(HasSubstr("the run is in runs/my run"),
                    HasSubstr("build/nyala eval --run='runs/my run' --episodes=100"),
                    HasSubstr("build/nyala train --resume --run='runs/my run'")));
  EXPECT_THAT(WordsFor(kExitGoalMissed), HasSubstr("the goal was not reached; the run is in"));
}

TEST(SayClosingWords, TellsWhyTheRunEnded) {
  const ScratchDir scratch;
  Summary summary;
  summary.exit_reason = "goal reached";
  ASSERT_TRUE(WriteSummary(RunPaths(scratch.path()).summary(), summary).ok());
  EXPECT_THAT(WordsFor(kExitDone, scratch.path()),
              HasSubstr("goal reached; the run is in " + scratch.path()));
}

TEST(SayClosingWords, ARunWhoseTimeIsUsedIsGivenMoreOfIt) {
  const ScratchDir scratch;
  Summary summary;
  summary.exit_reason = "time budget used";
  ASSERT_TRUE(WriteSummary(RunPaths(scratch.path()).summary(), summary).ok());
  EXPECT_THAT(WordsFor(kExitDone, scratch.path()), HasSubstr(" --set limits.seconds=S\n"));
}

TEST(SayClosingWords, ARunWhoseUpdatesAreUsedIsGivenMoreOfThem) {
  const ScratchDir scratch;
  Summary summary;
  summary.exit_reason = "update budget used";
  ASSERT_TRUE(WriteSummary(RunPaths(scratch.path()).summary(), summary).ok());
  EXPECT_THAT(WordsFor(kExitDone, scratch.path()), HasSubstr(" --set limits.updates=N\n"));
}

TEST(SayClosingWords, EvaluationTakesTheSamePlugins) {
  testing::internal::CaptureStderr();
  SayClosingWords({"nyala", "train", "r", " --plugin=a.so", " --plugin=a.so"}, kExitDone);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("nyala eval --run=r --plugin=a.so --episodes=100"));
}

TEST(SayClosingWords, InterruptedRunIsOneLineWithTheCommandToResume) {
  EXPECT_EQ(WordsFor(kExitInterrupted),
            "nyala: interrupted; resume with: build/nyala train --resume --run='runs/my run'\n");
}

TEST(SayClosingWords, FailedRunHasSaidItAlready) {
  EXPECT_EQ(WordsFor(kExitFailed), "");
  EXPECT_EQ(WordsFor(kExitUsage), "");
}

}  // namespace
}  // namespace nyala
