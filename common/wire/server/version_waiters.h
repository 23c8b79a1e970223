// VersionWaiters: calls that wait for a policy version, without a thread of their own each.
//
// One thread ends the waits: it calls OnWaitEnd, outside the lock, when the version exists or the
// time is over. Bounded in number.
// Threads: all methods from any; Publish is cheap when nobody waits. Ends with Stop.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/thread.h"

namespace nyala {

class VersionWaiter {
 public:
  virtual ~VersionWaiter() = default;
  // Once per successful Add, unless Remove came first.
  virtual void OnWaitEnd() = 0;
};

class VersionWaiters {
 public:
  explicit VersionWaiters(size_t capacity);
  ~VersionWaiters() { Stop(); }

  // False when full or stopped; `waiter` must stay until its OnWaitEnd or a Remove that is true.
  // Whoever waits for the same `key`, unless it is 0, waits no more: its OnWaitEnd is called here.
  bool Add(VersionWaiter* waiter, uint64_t key, uint64_t version, double seconds);
  // True when `waiter` was waiting and is no more.
  bool Remove(VersionWaiter* waiter);
  // The newest version goes up to at least `version`.
  void Publish(uint64_t version);
  // No more waits begin or end by themselves; those that wait may still be removed. Joins.
  void Stop();

 private:
  struct Wait {
    uint64_t key;
    uint64_t version;
    double deadline;  // MonotonicSeconds
  };

  void Run();
  void Forget(VersionWaiter* waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Those whose version exists, or whose time is over at `now`.
  std::vector<VersionWaiter*> TakeDue(double now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t capacity_;
  Mutex mu_;
  CondVar changed_;
  std::unordered_map<VersionWaiter*, Wait> waits_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<uint64_t, VersionWaiter*> by_key_ ABSL_GUARDED_BY(mu_);
  uint64_t newest_ ABSL_GUARDED_BY(mu_) = 0;
  // Something happened that Run has not looked at.
  bool news_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
