#include "deploy/cli/closing_words.h"

#include "absl/strings/str_cat.h"
#include "common/base/shell_quote.h"
#include "common/system/log.h"
#include "deploy/launcher/exit_codes.h"
#include "learner/run/run_folder.h"
#include "learner/run/summary.h"
#include "learner/run_limits.h"

namespace nyala {

namespace {

// What a run that has ended needs more of to go on.
std::string FurtherLimits(const absl::StatusOr<Summary>& summary) {
  const std::string reason = summary.ok() ? summary->exit_reason : "";
  if (reason == Describe(EndReason::kTimeBudgetUsed)) return " --set limits.seconds=S";
  if (reason == Describe(EndReason::kUpdateBudgetUsed)) return " --set limits.updates=N";
  return " --frames=N --goal=R";
}

}  // namespace

std::string ResumeCommand(const RunReference& run) {
  return absl::StrCat(ShellQuote(run.program), " ", run.command,
                      " --resume --run=", ShellQuote(run.run_dir), run.flags);
}

void SayClosingWords(const RunReference& run, int status) {
  if (status == kExitInterrupted) {
    LogLine(absl::StrCat("interrupted; resume with: ", ResumeCommand(run)));
    return;
  }
  if (status != kExitDone && status != kExitGoalMissed) return;
  const absl::StatusOr<Summary> summary = ReadSummary(RunPaths(run.run_dir).summary());
  const std::string reason = summary.ok() ? absl::StrCat(summary->exit_reason, "; ") : "";
  LogLine(absl::StrCat(reason, status == kExitGoalMissed ? "the goal was not reached; " : "",
                       "the run is in ", run.run_dir));
  LogLine(absl::StrCat("evaluate: ", ShellQuote(run.program),
                       " eval --run=", ShellQuote(run.run_dir), run.eval_flags, " --episodes=100"));
  LogLine(absl::StrCat("go on: ", ResumeCommand(run), FurtherLimits(summary)));
}

}  // namespace nyala
