// Counts allocations: link count_allocations.cc into a test executable, whose operator new and
// malloc it replaces.
#pragma once

#include <cstdint>

namespace nyala {

struct Allocations {
  // Allocations of C++ code.
  uint64_t by_new = 0;
  // Allocations of all code, C libraries and what operator new takes included; not under a
  // sanitizer, whose malloc is its own.
  uint64_t by_malloc = 0;

  bool operator==(const Allocations& other) const {
    return by_new == other.by_new && by_malloc == other.by_malloc;
  }
};

// Whether by_malloc counts.
bool CountsMalloc();

// Since the calling thread started.
Allocations AllocationsOfThisThread();

}  // namespace nyala
