#include "common/wire/memory.h"

#include <malloc.h>

#include <algorithm>

namespace nyala {

int64_t MessageMemory(const TransportConfig& transport, int64_t usable_bytes) {
  if (transport.memory_bytes() > 0) return transport.memory_bytes();
  return std::max<int64_t>(usable_bytes / 4, 256 << 20);
}

double MessageMemoryNeeded(int64_t actors, int64_t threads, double message_bytes) {
  // A connection has its own; of each stream one message is admitted, one waits, one comes in.
  constexpr double kConnectionBytes = 128 << 10;
  constexpr double kMessages = 3;
  return static_cast<double>(actors) * kConnectionBytes +
         static_cast<double>(threads) * kMessages * message_bytes;
}

void KeepFreedMemory() {
#ifdef __GLIBC__
  static const bool once = [] {
    // The largest that mallopt takes: bigger blocks still come from and go to the kernel.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    return true;
  }();
  (void)once;
#endif
}

}  // namespace nyala
