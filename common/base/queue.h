// BoundedQueue: a first-in first-out queue that never grows beyond its capacity.
//
// Two endings: Close() drops what is queued and unblocks everyone; Drain() refuses new items and
// lets consumers take what is left. Both are final and idempotent.
// Threads: any number of producers and consumers. Blocking: Push while full, Pop while empty.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "common/base/mutex.h"

namespace nyala {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // Consumes `item` if and only if it returns true; false means closed or draining.
  bool Push(T&& item) {
    MutexLock lock(mu_);
    changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return ended_ || items_.size() < capacity_;
    });
    if (ended_) return false;
    items_.push_back(std::move(item));
    changed_.NotifyAll();
    return true;
  }

  // Like Push but never waits: false also means full.
  bool TryPush(T&& item) {
    MutexLock lock(mu_);
    if (ended_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    changed_.NotifyAll();
    return true;
  }

  // Nothing means the queue ended (closed, or drained to the end).
  std::optional<T> Pop() {
    MutexLock lock(mu_);
    changed_.Wait(
        mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return ended_ || !items_.empty(); });
    return TakeFront();
  }

  // Like Pop; nothing also means that `timeout` passed.
  std::optional<T> PopFor(std::chrono::nanoseconds timeout) {
    MutexLock lock(mu_);
    changed_.WaitFor(mu_, timeout, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return ended_ || !items_.empty();
    });
    return TakeFront();
  }

  void Close() {
    MutexLock lock(mu_);
    ended_ = true;
    items_.clear();
    changed_.NotifyAll();
  }

  void Drain() {
    MutexLock lock(mu_);
    ended_ = true;
    changed_.NotifyAll();
  }

  size_t size() const {
    MutexLock lock(mu_);
    return items_.size();
  }

 private:
  std::optional<T> TakeFront() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.NotifyAll();
    return item;
  }

  const size_t capacity_;
  mutable Mutex mu_;
  CondVar changed_;
  std::deque<T> items_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace nyala
