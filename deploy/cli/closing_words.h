// What a run's last lines tell: where it is and what to type next. One thread.
#pragma once

#include <string>

namespace nyala {

struct RunReference {
  // As CommandContext.program.
  std::string program;
  // "train" or "learner": what goes on with the run.
  std::string command;
  std::string run_dir;
  // Further flags of such a command, with a leading space.
  std::string flags = {};
  // Those of `nyala eval`, likewise.
  std::string eval_flags = {};
};

// "nyala train --resume --run=DIR"
std::string ResumeCommand(const RunReference& run);

// `status`: of RunLearnerProcess. Says nothing of runs that failed, which have said why. Reads the
// run's summary.
void SayClosingWords(const RunReference& run, int status);

}  // namespace nyala
