// BlockedTime: seconds that streams have waited for a slab, those that wait now included.
//
// Not thread-safe: the owner guards it, and lets go of its lock between Begin and End.
#pragma once

#include "common/base/clock.h"

namespace nyala {

class BlockedTime {
 public:
  // One more waits; one of them waits no more.
  void Begin() {
    ++waiting_;
    seconds_ -= MonotonicSeconds();
  }
  void End() {
    --waiting_;
    seconds_ += MonotonicSeconds();
  }
  double seconds() const { return seconds_ + waiting_ * MonotonicSeconds(); }

 private:
  int waiting_ = 0;
  double seconds_ = 0;  // less the start of each that waits
};

}  // namespace nyala
