// FNV-1a, 64 bits (Fowler, Noll and Vo): the same number in every build, unlike std::hash. Pure.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nyala {

inline uint64_t Fnv1a(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace nyala
