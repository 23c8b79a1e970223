// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011). A number is a pure function of (seed, stream, counter, purpose), so
// results do not depend on how environments are batched, on threads, or on what was drawn before.
#pragma once

#include <array>
#include <cstdint>

namespace nyala {

// What a number is for; the same (seed, stream, counter) gives unrelated numbers for each.
enum class RandomPurpose : uint32_t {
  kAction = 1,       // stream: environment index, counter: its step
  kEpisodeSeed = 2,  // stream: environment index, counter: its episode
  kEnvironment = 3,  // stream: episode seed, counter: draws of one environment
  kEvaluation = 5,
  kTest = 6,
  kReplay = 7,   // stream: batch, counter: its replayed column
  kShuffle = 8,  // stream: frames so far, counter: epoch and place
};

// The bijection itself, for known-answer tests.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// 64 random bits. `stream` and `counter` use all their bits; of `purpose` the low 8 are used.
uint64_t RandomBits(uint64_t seed, uint64_t stream, uint64_t counter, RandomPurpose purpose);

// Uniform in the open interval (0, 1), so that its logarithm is finite.
double RandomUniform(uint64_t seed, uint64_t stream, uint64_t counter, RandomPurpose purpose);

// Draws in sequence for one environment's episode: a value type that can be saved and restored.
class RandomSequence {
 public:
  explicit RandomSequence(uint64_t seed = 0, uint64_t counter = 0)
      : seed_(seed), counter_(counter) {}
  uint64_t Bits() { return RandomBits(seed_, 0, counter_++, RandomPurpose::kEnvironment); }
  double Uniform() { return RandomUniform(seed_, 0, counter_++, RandomPurpose::kEnvironment); }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  // Uniform in [0, n); n >= 1. The bias of at most n / 2^64 is far below what can be measured.
  uint64_t Below(uint64_t n);

  uint64_t seed() const { return seed_; }
  uint64_t counter() const { return counter_; }

 private:
  uint64_t seed_;
  uint64_t counter_;
};

}  // namespace nyala
