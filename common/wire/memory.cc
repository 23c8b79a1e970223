#include "common/wire/memory.h"

#include <malloc.h>

namespace nyala {

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
