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

bool VersionWaiters::Add(VersionWaiter* waiter, uint64_t version, double seconds) {
  MutexLock lock(mu_);
  if (stopped_ || waits_.size() >= capacity_) return false;
  waits_[waiter] = {version, MonotonicSeconds() + seconds};
  news_ = true;
  changed_.NotifyOne();
  return true;
}

bool VersionWaiters::Remove(VersionWaiter* waiter) {
  MutexLock lock(mu_);
  return waits_.erase(waiter) > 0;
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
  for (auto wait = waits_.begin(); wait != waits_.end();) {
    if (wait->second.version <= newest_ || wait->second.deadline <= now) {
      due.push_back(wait->first);
      wait = waits_.erase(wait);
    } else {
      ++wait;
    }
  }
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
