#include "tests/support/count_allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local uint64_t allocations = 0;
}  // namespace

// The other forms of operator new call this one, but for a sanitizer's, which are its own: what
// those without exceptions give would then be freed here. A file of its own: where the compiler
// could inline these it would take malloc and delete for a mismatch.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace nyala {
uint64_t AllocationsOfThisThread() { return allocations; }
}  // namespace nyala
