// ParameterStore: the newest parameters, swapped whole; readers keep what they hold.
//
// Whoever waits for a version subscribes. Threads: any; subscribers are called on the publisher's.
// Snapshots are built and destroyed outside the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/rl/snapshot.h"

namespace nyala {

class ParameterStore {
 public:
  // Versions only go up. Subscribers hear of it once the snapshot can be had.
  void Publish(std::shared_ptr<const ParameterSnapshot> snapshot);
  // nullptr before the first Publish.
  std::shared_ptr<const ParameterSnapshot> Newest() const;
  uint64_t version() const;
  // `on_published` gets each version from here on; it must not block, and must stay callable for as
  // long as something is published.
  void Subscribe(std::function<void(uint64_t version)> on_published);

 private:
  mutable Mutex mu_;
  std::shared_ptr<const ParameterSnapshot> newest_ ABSL_GUARDED_BY(mu_);
  std::vector<std::function<void(uint64_t)>> subscribers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
