// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of a byte string.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nyala {

// Continues from `crc` (0 to begin), so that Crc32c(b, Crc32c(a)) == Crc32c(ab).
uint32_t Crc32c(absl::string_view data, uint32_t crc = 0);

}  // namespace nyala
