// Mutex and condition variable with Clang thread-safety annotations.
//
// They wrap the standard types rather than Abseil's: the packaged Abseil is built without
// ThreadSanitizer's annotations, so every absl::Mutex would look like a data race to it,
// while it understands the standard ones by itself.
//
// Threads: all methods may be called from any thread. Blocking: Lock, Wait, WaitFor.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace nyala {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Every wait takes a predicate, which is evaluated with the mutex held and must include
// "closed" where the waited-for object can close.
class CondVar {
 public:
  template <typename Predicate>
  void Wait(Mutex& mu, Predicate ready)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait(lock, ready);
    lock.release();
  }
  // Returns whether `ready` held in time.
  template <typename Predicate>
  bool WaitFor(Mutex& mu, std::chrono::nanoseconds timeout, Predicate ready)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    const bool held = cv_.wait_for(lock, timeout, ready);
    lock.release();
    return held;
  }
  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace nyala
