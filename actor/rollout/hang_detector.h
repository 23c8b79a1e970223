// HangDetector: finds environment calls that take longer than their limit.
//
// A thread that steps environments marks where each call begins and ends, by one atomic store each:
// no lock, no clock. The detector looks at the marks now and then; an odd count that stands still
// is a call that has not returned. Time is added up look by look, none for more than two periods,
// so that a process that was stopped for a while (SIGTSTP, a debugger) is not blamed for it.
// Whoever hangs cannot be ended from outside: the handler's business is to end the process.
// Threads: a CallMark is used by one thread at a time; Add and Look from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "actor/vector_env.h"
#include "common/base/mutex.h"
#include "common/base/thread.h"
#include "common/system/stop.h"

namespace nyala {

// What one thread is doing: in a call, or not.
class alignas(64) CallMark {
 public:
  // A call, from begin to end. Without a mark it does nothing.
  class Scope {
   public:
    explicit Scope(CallMark* mark) : mark_(mark) { Flip(); }
    ~Scope() { Flip(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    void Flip() {
      if (mark_ == nullptr) return;
      mark_->flips_.store(mark_->flips_.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
    }
    CallMark* const mark_;
  };

 private:
  friend class HangDetector;
  std::atomic<uint64_t> flips_{0};  // odd: in a call
};

// Gets one line that names the environment.
using HangHandler = std::function<void(const std::string& line)>;

class HangDetector {
 public:
  // Looks are `period_seconds` apart.
  HangDetector(HangHandler on_hang, double period_seconds);
  // The mark of a thread whose calls take at most `limit_seconds`; it lives as long as the
  // detector. `who` begins the line.
  CallMark* Add(const std::string& who, double limit_seconds);
  // Tells the handler of every call that is over its limit at `now`, once each.
  void Look(double now);

 private:
  struct Watched {
    std::string who;
    double limit_seconds = 0;
    std::unique_ptr<CallMark> mark;
    uint64_t flips = 0;  // at the last look
    double seconds = 0;  // that it has stood there
    bool told = false;
  };
  static bool IsHung(Watched* watched, double elapsed);

  const HangHandler on_hang_;
  const double period_seconds_;
  Mutex mu_;
  std::deque<Watched> watched_ ABSL_GUARDED_BY(mu_);
  double last_look_ ABSL_GUARDED_BY(mu_) = 0;  // 0: none yet
};

// A HangDetector that looks from a thread of its own, for as long as it lives.
class HangWatch {
 public:
  // nullptr when there is nothing to do: no limit, or no handler.
  static std::unique_ptr<HangWatch> Start(double limit_seconds, HangHandler on_hang);
  ~HangWatch();

  // Mark of a thread that makes and steps these; its limit leaves them the time that they are told
  // to wait.
  CallMark* Add(const VectorEnvOptions& environments, const std::string& thread);

 private:
  HangWatch(HangHandler on_hang, double period_seconds);

  HangDetector detector_;
  const std::chrono::nanoseconds period_;
  StopSource ended_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
