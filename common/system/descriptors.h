// File descriptors: as many as the system gives this process, less a few that are kept for writing
// checkpoints, so that connections that took all others do not cost a run its work.
//
// The reserve is made of the soft limit alone: it lies below the hard one, and is raised to it
// while a DescriptorReserve lives. Whoever opens files then finds some; so does whoever else opens
// something in that time, so a server must itself keep its connections below `usable`.
// Threads: any. Blocking: none. The limit is the whole process's and its children inherit it.
#pragma once

#include <cstdint>

namespace nyala {

struct DescriptorLimit {
  // Most that this process may have open while no DescriptorReserve lives.
  int64_t usable = 0;
  // More, while one does. A quarter of what there is where that is little; 0 where the limit could
  // not be set.
  int64_t reserved = 0;
};

// Raises the soft limit as far as it goes and sets the reserve apart. Call it at the start; again
// changes nothing unless the hard limit has changed.
DescriptorLimit RaiseDescriptorLimit();

// While one lives the reserve may be used. Does nothing in a process that did not set one apart.
class DescriptorReserve {
 public:
  DescriptorReserve();
  ~DescriptorReserve();
  DescriptorReserve(const DescriptorReserve&) = delete;
  DescriptorReserve& operator=(const DescriptorReserve&) = delete;
};

}  // namespace nyala
