// StopSource: one request to stop, seen by everyone who holds a reference.
//
// RequestStop is idempotent; the first reason wins. Callbacks added with OnStop run once, on the
// thread that requests the stop (or at once when it was requested before), outside the lock; they
// must not block. WaitFor blocks. All methods may be called from any thread.
//
// Signals: InstallSignalHandlers(&stop) makes SIGINT, SIGTERM and SIGHUP request a stop, by the
// rules of common/system/stop_signals.h. No handler does work: a thread of its own waits for the
// signals. They are blocked in threads started later, and passed on by threads that a library
// started before. Call it at most once per process.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/base/mutex.h"

namespace nyala {

class StopSource {
 public:
  void RequestStop(const std::string& reason);
  bool stop_requested() const { return requested_.load(std::memory_order_acquire); }
  // Empty until a stop was requested.
  std::string reason() const;
  void OnStop(std::function<void()> callback);
  // Sleeps for at most `duration`; returns true at once when a stop is (or was) requested.
  bool WaitFor(std::chrono::nanoseconds duration);

 private:
  mutable Mutex mu_;
  CondVar changed_;
  std::atomic<bool> requested_{false};
  std::string reason_ ABSL_GUARDED_BY(mu_);
  std::vector<std::function<void()>> callbacks_ ABSL_GUARDED_BY(mu_);
};

enum class SecondSignal {
  // At once, with status 130 or 143, when it comes more than a second after the first: for whoever
  // types Ctrl-C again.
  kEndsProcess,
  // For a supervised process: a service manager signals the whole group and the supervisor passes
  // its own signal on, which is one request; the supervisor kills when it means it.
  kIsIgnored,
};
// `stop` must outlive the process.
void InstallSignalHandlers(StopSource* stop, SecondSignal second = SecondSignal::kEndsProcess);

}  // namespace nyala
