// Keeps the C library from giving memory back to the kernel after every message. Internal to
// common/wire.
#pragma once

namespace nyala {

// glibc returns a freed block of an unroll's size at once, and the next unroll pays for it with a
// page fault every 4 KiB, which is most of the faults of a transport at work.
// Sets the allocator of the whole process, once; what it keeps is bounded by what was in use.
void KeepFreedMemory();

}  // namespace nyala
