// ParameterStore: the newest parameters, swapped whole; readers keep what they hold.
//
// Threads: any. Blocking: WaitFor. Snapshots are built and destroyed outside the lock.
#pragma once

#include <chrono>
#include <memory>

#include "common/base/mutex.h"
#include "common/rl/snapshot.h"

namespace nyala {

class ParameterStore {
 public:
  // Versions only go up.
  void Publish(std::shared_ptr<const ParameterSnapshot> snapshot);
  // nullptr before the first Publish.
  std::shared_ptr<const ParameterSnapshot> Newest() const;
  uint64_t version() const;
  // Returns the newest once it is at least `version`; nullptr after `timeout` or Close.
  std::shared_ptr<const ParameterSnapshot> WaitFor(uint64_t version,
                                                   std::chrono::nanoseconds timeout);
  void Close();

 private:
  mutable Mutex mu_;
  CondVar changed_;
  std::shared_ptr<const ParameterSnapshot> newest_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace nyala
