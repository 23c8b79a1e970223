// The signals that ask a process of Nyala to end, and what a second one means: one set of rules for
// learner, actor, eval and the launcher.
//
// The first asks for an orderly end. What comes within a second of it is the same request: a
// terminal that closes sends SIGHUP twice, `timeout` signals the process and then its group. After
// that second, another SIGINT or SIGTERM means it: the process ends at once. SIGHUP never does.
// SIGHUP is left alone where it is ignored, as under nohup.
#pragma once

#include <signal.h>

#include <optional>
#include <vector>

namespace nyala {

struct StopSignal {
  int number;
  const char* reason;  // for StopSource: "interrupted (SIGINT)"
  bool may_insist;     // whether a second one ends the process at once
};

// Those that this process should take; asks the kernel which are ignored.
std::vector<StopSignal> StopSignals();
// The same as a set for sigprocmask and its kind.
sigset_t StopSignalSet();

enum class StopRequest {
  kNone,     // no signal of these, or one that says nothing new
  kOrderly,  // the first
  kAtOnce,   // somebody insists
};

// One process's count of such signals. Not thread-safe; the caller brings the clock.
class StopSignalCount {
 public:
  // What signal `number`, taken at `now` (seconds, never going back), asks for.
  StopRequest Take(int number, double now);

 private:
  std::optional<double> first_;
};

// "interrupted (SIGINT)", ...; of a number that is none of these, "stopped".
const char* StopReason(int number);

}  // namespace nyala
