// The exit statuses of `nyala`, which scripts rely on.
#pragma once

namespace nyala {

enum ExitCode : int {
  kExitDone = 0,        // did what it was asked
  kExitFailed = 1,      // anything that is none of the others; interrupted runs too
  kExitUsage = 2,       // the command line or the configuration is wrong
  kExitGoalMissed = 3,  // a goal was named and not reached within the budget
};

}  // namespace nyala
