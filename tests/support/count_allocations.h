// Counts calls of operator new: link count_allocations.cc into a test executable, whose global
// operator new it replaces.
#pragma once

#include <cstdint>

namespace nyala {

// Since the calling thread started.
uint64_t AllocationsOfThisThread();

}  // namespace nyala
