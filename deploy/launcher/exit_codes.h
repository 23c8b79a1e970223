// The exit statuses of `nyala`, which scripts rely on, and those between its own processes.
#pragma once

namespace nyala {

enum ExitCode : int {
  kExitDone = 0,        // did what it was asked
  kExitFailed = 1,      // anything that is none of the others; interrupted runs too
  kExitUsage = 2,       // the command line or the configuration is wrong
  kExitGoalMissed = 3,  // a goal was named and not reached within the budget

  // Seen by the launcher alone. From a learner: a signal ended the run before goal or budget did.
  kExitInterrupted = 64,
  // From an actor that knows that the run is over. Not 0: a simulator may end its process with
  // that.
  kExitRunIsOver = 90,
};

}  // namespace nyala
