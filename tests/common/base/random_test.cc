#include "common/base/random.h"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace nyala {
namespace {

using Words = std::array<uint32_t, 4>;

// From the known-answer file of Random123, philox4x32 with 10 rounds.
TEST(PhiloxTest, KnowsTheKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomTest, EachArgumentMatters) {
  std::set<uint64_t> seen;
  for (const RandomPurpose purpose : {RandomPurpose::kAction, RandomPurpose::kEpisodeSeed}) {
    for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
      for (const uint64_t stream : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
        for (const uint64_t counter : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
          seen.insert(RandomBits(seed, stream, counter, purpose));
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 2u * 3 * 3 * 3);
}

TEST(RandomTest, UniformFillsTheOpenInterval) {
  constexpr int kBins = 16;
  constexpr int kDraws = 16'000;
  std::vector<int> counts(kBins);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const double x = RandomUniform(3, 5, i, RandomPurpose::kTest);
    ASSERT_GT(x, 0.0);
    ASSERT_LT(x, 1.0);
    ++counts[static_cast<size_t>(x * kBins)];
  }
  // Six standard deviations of a bin's count.
  for (const int count : counts) EXPECT_NEAR(count, kDraws / kBins, 6 * std::sqrt(kDraws / kBins));
}

TEST(RandomSequenceTest, RestoredFromItsCounterItGoesOn) {
  RandomSequence sequence(42);
  for (int i = 0; i < 5; ++i) sequence.Bits();
  RandomSequence restored(sequence.seed(), sequence.counter());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(restored.Bits(), sequence.Bits());
}

TEST(RandomSequenceTest, DrawsKeepTheirBounds) {
  RandomSequence sequence(9);
  std::set<uint64_t> seen;
  for (int i = 0; i < 300; ++i) {
    seen.insert(sequence.Below(6));
    EXPECT_EQ(sequence.Below(1), 0u);
    const double x = sequence.Uniform(-2, 3);
    EXPECT_GT(x, -2);
    EXPECT_LT(x, 3);
  }
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace nyala
