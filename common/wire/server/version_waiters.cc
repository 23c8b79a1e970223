#include "common/wire/server/version_waiters.h"

#include <algorithm>
#include <chrono>

#include "common/base/clock.h"

namespace nyala {
namespace {

// Longest sleep of the thread; also keeps infinite waits away from the clock's arithmetic.
constexpr double kLongestSleepSeconds = 3600;

}  // namespace

VersionWaiters::VersionWaiters(size_t capacity)
    : capacity_(capacity), thread_("version-waits", [this] { Run(); }) {}

bool VersionWaiters::Add(VersionWaiter* waiter, uint64_t key, uint64_t version, double seconds) {
  VersionWaiter* earlier = nullptr;
  {
    MutexLock lock(mu_);
    const auto same = by_key_.find(key);
    if (same != by_key_.end()) earlier = same->second;
    if (stopped_ || (earlier == nullptr && waits_.size() >= capacity_)) return false;
    if (earlier != nullptr) Forget(earlier);
    waits_[waiter] = {key, version, MonotonicSeconds() + seconds};
    if (key != 0) by_key_[key] = waiter;
    news_ = true;
    changed_.NotifyOne();
  }
  if (earlier != nullptr) earlier->OnWaitEnd();
  return true;
}

void VersionWaiters::Forget(VersionWaiter* waiter) {
  const auto wait = waits_.find(waiter);
  const auto keyed = by_key_.find(wait->second.key);
  if (keyed != by_key_.end() && keyed->second == waiter) by_key_.erase(keyed);
  waits_.erase(wait);
}

bool VersionWaiters::Remove(VersionWaiter* waiter) {
  MutexLock lock(mu_);
  if (waits_.count(waiter) == 0) return false;
  Forget(waiter);
  return true;
}

void VersionWaiters::Publish(uint64_t version) {
  MutexLock lock(mu_);
  newest_ = std::max(newest_, version);
  const bool awaited = std::any_of(waits_.begin(), waits_.end(),
                                   [this](const auto& wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
                                     return wait.second.version <= newest_;
                                   });
  if (!awaited) return;
  news_ = true;
  changed_.NotifyOne();
}

void VersionWaiters::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyOne();
  }
  thread_.Join();
}

std::vector<VersionWaiter*> VersionWaiters::TakeDue(double now) {
  std::vector<VersionWaiter*> due;
  for (const auto& [waiter, wait] : waits_) {
    if (wait.version <= newest_ || wait.deadline <= now) due.push_back(waiter);
  }
  for (VersionWaiter* waiter : due) Forget(waiter);
  return due;
}

void VersionWaiters::Run() {
  while (true) {
    std::vector<VersionWaiter*> due;
    {
      MutexLock lock(mu_);
      double sleep = kLongestSleepSeconds;
      const double now = MonotonicSeconds();
      for (const auto& wait : waits_) sleep = std::min(sleep, wait.second.deadline - now);
      const auto timeout = std::chrono::duration<double>(std::max(sleep, 0.0));
      changed_.WaitFor(mu_, std::chrono::duration_cast<std::chrono::nanoseconds>(timeout),
                       [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || news_; });
      if (stopped_) return;
      news_ = false;
      due = TakeDue(MonotonicSeconds());
    }
    for (VersionWaiter* waiter : due) waiter->OnWaitEnd();
  }
}

}  // namespace nyala
