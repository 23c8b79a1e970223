// NYALA_CHECK(condition, message): aborts on our own mistakes.
//
// For what the world can do wrong (files, peers, flags) return an absl::Status instead.
#pragma once

#include <cstdio>
#include <cstdlib>

#define NYALA_CHECK(condition, message)                                                     \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::fprintf(stderr, "nyala: internal error at %s:%d: %s (%s)\n", __FILE__, __LINE__, \
                   message, #condition);                                                    \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
