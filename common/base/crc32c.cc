#include "common/base/crc32c.h"

#include <array>
#include <cstring>

namespace nyala {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

// Eight tables: table k advances a byte past k further zero bytes ("slicing by 8").
using Tables = std::array<std::array<uint32_t, 256>, 8>;

Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t previous = tables[k - 1][byte];
      tables[k][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  }
  return tables;
}

}  // namespace

uint32_t Crc32c(absl::string_view data, uint32_t crc) {
  static const Tables tables = MakeTables();
  crc = ~crc;
  while (data.size() >= 8) {
    uint32_t low, high;
    std::memcpy(&low, data.data(), 4);
    std::memcpy(&high, data.data() + 4, 4);
    low ^= crc;
    crc = tables[7][low & 0xFF] ^ tables[6][(low >> 8) & 0xFF] ^ tables[5][(low >> 16) & 0xFF] ^
          tables[4][low >> 24] ^ tables[3][high & 0xFF] ^ tables[2][(high >> 8) & 0xFF] ^
          tables[1][(high >> 16) & 0xFF] ^ tables[0][high >> 24];
    data.remove_prefix(8);
  }
  for (const char c : data) {
    crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  }
  return ~crc;
}

}  // namespace nyala
