#include "common/base/random.h"

namespace nyala {

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53;
  constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9;
  constexpr uint32_t kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

uint64_t RandomBits(uint64_t seed, uint64_t stream, uint64_t counter, RandomPurpose purpose) {
  // The purpose goes into the key: counter and stream keep all their bits.
  const uint64_t key = seed ^ (static_cast<uint64_t>(purpose) << 56);
  const auto words =
      Philox4x32({static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32),
                  static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                 {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
  return (static_cast<uint64_t>(words[1]) << 32) | words[0];
}

double RandomUniform(uint64_t seed, uint64_t stream, uint64_t counter, RandomPurpose purpose) {
  const uint64_t bits = RandomBits(seed, stream, counter, purpose) >> 12;  // 52 bits
  return (static_cast<double>(bits) + 0.5) * (1.0 / 4503599627370496.0);
}

uint64_t RandomSequence::Below(uint64_t n) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(Bits()) * n) >> 64);
}

}  // namespace nyala
