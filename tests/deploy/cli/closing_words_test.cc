#include "deploy/cli/closing_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/cli/learner_process.h"
#include "deploy/exit_codes.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string WordsFor(int status) {
  testing::internal::CaptureStderr();
  SayClosingWords({"build/nyala", "train", "runs/my run"}, status);
  return testing::internal::GetCapturedStderr();
}

TEST(SayClosingWords, TellsWhereTheRunIsAndWhatToTypeNext) {
  EXPECT_THAT(WordsFor(kExitDone),
              AllOf(HasSubstr("runs/my run"),
                    HasSubstr("build/nyala eval --run='runs/my run' --episodes=100"),
                    HasSubstr("build/nyala train --resume --run='runs/my run'")));
  EXPECT_THAT(WordsFor(kExitGoalMissed), HasSubstr("goal was not reached"));
}

TEST(SayClosingWords, InterruptedRunIsOneLineWithTheCommandToResume) {
  EXPECT_EQ(WordsFor(kLearnerInterrupted),
            "nyala: interrupted; resume with: build/nyala train --resume --run='runs/my run'\n");
}

TEST(SayClosingWords, FailedRunHasSaidItAlready) {
  EXPECT_EQ(WordsFor(kExitFailed), "");
  EXPECT_EQ(WordsFor(kExitUsage), "");
}

}  // namespace
}  // namespace nyala
