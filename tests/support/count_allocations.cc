#include "tests/support/count_allocations.h"

#include <cerrno>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NYALA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NYALA_SANITIZED 1
#endif
#endif

namespace {
thread_local nyala::Allocations of_this_thread;
}  // namespace

// The other forms of operator new, but for the aligned ones, call these; a sanitizer's are its own:
// what those without exceptions give would then be freed here. A file of its own: where the
// compiler could inline these it would take malloc and delete for a mismatch.
void* operator new(std::size_t size) {
  ++of_this_thread.by_new;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++of_this_thread.by_new;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#ifdef NYALA_SANITIZED

bool nyala::CountsMalloc() { return false; }

#else

bool nyala::CountsMalloc() { return true; }

// The C library's own, which these stand before; its free takes what they return.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  ++of_this_thread.by_malloc;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) noexcept {
  ++of_this_thread.by_malloc;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) noexcept {
  ++of_this_thread.by_malloc;
  return __libc_realloc(memory, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  ++of_this_thread.by_malloc;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  *memory = memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}
}

#endif

namespace nyala {
Allocations AllocationsOfThisThread() { return of_this_thread; }
}  // namespace nyala
