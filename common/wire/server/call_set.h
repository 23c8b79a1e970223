// CallSet: owns the reactors of the calls in progress, so that a service can end them all.
//
// Threads: all methods from any thread. Lock order: the set's before a call's own, so a call never
// touches the set with its own lock held.
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace nyala {

class ServiceCall {
 public:
  virtual ~ServiceCall() = default;
  // The service ends: Cancelled when the run is over, Unavailable when the learner leaves. The call
  // finishes as soon as it can, then removes itself. Idempotent; must not block.
  virtual void Stop(const absl::Status& why) = 0;
  // Comes about once a second, with MonotonicSeconds: for what must not take for ever. Must not
  // block.
  virtual void Tick(double) {}
  // Ends the call's transport: for an answer that its peer does not take. Idempotent; must not
  // block.
  virtual void Cancel() = 0;
};

class CallSet {
 public:
  // A call that comes after Stop is told so at once, before this returns.
  template <typename Call>
  Call* Add(std::unique_ptr<Call> call) {
    Call* const raw = call.get();
    MutexLock lock(mu_);
    calls_.emplace(raw, std::move(call));
    if (!why_.ok()) raw->Stop(why_);
    return raw;
  }

  // Destroys the call: its last action.
  void Remove(ServiceCall* call) {
    std::unique_ptr<ServiceCall> removed;
    {
      MutexLock lock(mu_);
      const auto found = calls_.find(call);
      removed = std::move(found->second);
      found->second = nullptr;
    }
    // What a call holds (the endpoint's stream) may lock: it goes outside the set's lock, but
    // before the set can be seen empty.
    removed.reset();
    MutexLock lock(mu_);
    calls_.erase(call);
    changed_.NotifyAll();
  }

  // OK until Stop.
  absl::Status why() const {
    MutexLock lock(mu_);
    return why_;
  }

  // The first reason wins; again tells those that are left again.
  void Stop(const absl::Status& why) {
    MutexLock lock(mu_);
    if (why_.ok()) why_ = why;
    for (auto& entry : calls_) {
      if (entry.second != nullptr) entry.second->Stop(why_);
    }
  }

  void Tick(double now) {
    MutexLock lock(mu_);
    for (auto& entry : calls_) {
      if (entry.second != nullptr) entry.second->Tick(now);
    }
  }

  // Blocks until no call is left. Who has not taken its answer by `patience` is cut off.
  void WaitUntilEmpty(std::chrono::nanoseconds patience) {
    MutexLock lock(mu_);
    const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return calls_.empty(); };
    while (!changed_.WaitFor(mu_, patience, empty)) {
      for (auto& entry : calls_) {
        if (entry.second != nullptr) entry.second->Cancel();
      }
    }
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  std::unordered_map<ServiceCall*, std::unique_ptr<ServiceCall>> calls_ ABSL_GUARDED_BY(mu_);
  absl::Status why_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
