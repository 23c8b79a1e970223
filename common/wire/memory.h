// Memory of the transport: what messages on their way in may take, and how the allocator keeps it.
#pragma once

#include <cstdint>

#include "nyala/run_config.pb.h"

namespace nyala {

// glibc returns a freed block of an unroll's size at once, and the next unroll pays for it with a
// page fault every 4 KiB, which is most of the faults of a transport at work.
// Sets the allocator of the whole process, once; what it keeps is bounded by what was in use.
void KeepFreedMemory();

// What messages on their way in may take at a learner on a machine with so much memory
// (transport.memory_bytes); beyond it gRPC ends connections.
int64_t MessageMemory(const TransportConfig& transport, int64_t usable_bytes);

// What they do take, of so many actors with so many rollout threads together that send messages of
// so many bytes; measured.
double MessageMemoryNeeded(int64_t actors, int64_t threads, double message_bytes);

}  // namespace nyala
