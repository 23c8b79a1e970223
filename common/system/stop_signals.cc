#include "common/system/stop_signals.h"

namespace nyala {
namespace {

constexpr StopSignal kTable[] = {
    {SIGINT, "interrupted (SIGINT)", true},
    {SIGTERM, "terminated (SIGTERM)", true},
    {SIGHUP, "hung up (SIGHUP)", false},
};
constexpr double kSameRequestSeconds = 1;

const StopSignal* Find(int number) {
  for (const StopSignal& signal : kTable) {
    if (signal.number == number) return &signal;
  }
  return nullptr;
}

bool IsIgnored(int number) {
  struct sigaction action;
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

std::vector<StopSignal> StopSignals() {
  std::vector<StopSignal> taken;
  for (const StopSignal& signal : kTable) {
    // A shell without job control starts what it puts into the background with SIGINT ignored; such
    // a process is still asked to end by it, as it always was.
    if (signal.number == SIGHUP && IsIgnored(SIGHUP)) continue;
    taken.push_back(signal);
  }
  return taken;
}

sigset_t StopSignalSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const StopSignal& signal : StopSignals()) sigaddset(&set, signal.number);
  return set;
}

StopRequest StopSignalCount::Take(int number, double now) {
  const StopSignal* signal = Find(number);
  if (signal == nullptr) return StopRequest::kNone;
  if (!first_.has_value()) {
    first_ = now;
    return StopRequest::kOrderly;
  }
  const bool same = now <= *first_ + kSameRequestSeconds;
  return same || !signal->may_insist ? StopRequest::kNone : StopRequest::kAtOnce;
}

const char* StopReason(int number) {
  const StopSignal* signal = Find(number);
  return signal == nullptr ? "stopped" : signal->reason;
}

}  // namespace nyala
