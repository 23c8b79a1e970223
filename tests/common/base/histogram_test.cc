#include "common/base/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/random.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

constexpr double kFractions[] = {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0};

// The same by sorting.
uint64_t SlowQuantile(std::vector<uint64_t> values, double fraction) {
  std::sort(values.begin(), values.end());
  const auto wanted = static_cast<size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  return values[std::max<size_t>(wanted, 1) - 1];
}

std::vector<uint64_t> RandomValues(size_t count, uint64_t below) {
  RandomSequence random(7);
  std::vector<uint64_t> values;
  for (size_t i = 0; i < count; ++i) values.push_back(random.Below(below));
  return values;
}

TEST(HistogramTest, EmptyIsAllZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0u);
}

TEST(HistogramTest, SmallValuesAreExact) {
  for (const uint64_t below : {1u, 5u, 100u, 1024u}) {
    const std::vector<uint64_t> values = RandomValues(777, below);
    Histogram histogram;
    double sum = 0;
    for (const uint64_t value : values) {
      histogram.Add(value);
      sum += static_cast<double>(value);
    }
    EXPECT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
    EXPECT_DOUBLE_EQ(histogram.Mean(), sum / static_cast<double>(values.size()));
    for (const double fraction : kFractions) {
      EXPECT_EQ(histogram.Quantile(fraction), SlowQuantile(values, fraction))
          << below << " " << fraction;
    }
  }
}

TEST(HistogramTest, LargeValuesAreBoundedFromAboveWithinTheirPowerOfTwo) {
  const std::vector<uint64_t> values = RandomValues(500, 1'000'000);
  Histogram histogram;
  for (const uint64_t value : values) histogram.Add(value);
  for (const double fraction : kFractions) {
    const uint64_t exact = SlowQuantile(values, fraction);
    EXPECT_GE(histogram.Quantile(fraction), exact);
    EXPECT_LE(histogram.Quantile(fraction), std::min(2 * exact, histogram.max()));
  }
}

TEST(HistogramTest, TheLargestValueHasAPlace) {
  Histogram histogram;
  histogram.Add(~uint64_t{0});
  EXPECT_EQ(histogram.Quantile(0.5), ~uint64_t{0});
  EXPECT_EQ(histogram.max(), ~uint64_t{0});
}

TEST(HistogramTest, AddingManyAtOnceIsAddingOften) {
  Histogram often, at_once;
  for (int i = 0; i < 5; ++i) often.Add(3);
  often.Add(9);
  at_once.Add(3, 5);
  at_once.Add(9, 1);
  at_once.Add(100, 0);
  EXPECT_EQ(at_once.count(), often.count());
  EXPECT_EQ(at_once.Mean(), often.Mean());
  EXPECT_EQ(at_once.max(), often.max());
}

TEST(HistogramTest, MergedIsAllTogether) {
  const std::vector<uint64_t> values = RandomValues(400, 900);
  Histogram first, second, all;
  for (size_t i = 0; i < values.size(); ++i) {
    (i % 3 == 0 ? first : second).Add(values[i]);
    all.Add(values[i]);
  }
  first.Merge(second);
  EXPECT_EQ(first.count(), all.count());
  EXPECT_DOUBLE_EQ(first.Mean(), all.Mean());
  for (const double fraction : kFractions) {
    EXPECT_EQ(first.Quantile(fraction), all.Quantile(fraction));
  }
}

TEST(HistogramTest, RestoredGoesOnAsTheSavedOne) {
  Histogram saved;
  for (const uint64_t value : RandomValues(300, 5000)) saved.Add(value);
  Histogram restored;
  restored.Add(1);
  ASSERT_TRUE(restored.Restore(saved.Save()));
  restored.Add(4);
  saved.Add(4);
  EXPECT_EQ(restored.count(), saved.count());
  EXPECT_EQ(restored.Mean(), saved.Mean());
  EXPECT_EQ(restored.max(), saved.max());
  EXPECT_EQ(restored.Save().buckets, saved.Save().buckets);
}

TEST(HistogramTest, AnUnknownBucketIsRefusedAndNothingChanges) {
  Histogram histogram;
  histogram.Add(2);
  Histogram::State state;
  state.buckets = {{1, 1}, {1'000'000, 1}};
  EXPECT_FALSE(histogram.Restore(state));
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.max(), 2u);
}

}  // namespace
}  // namespace nyala
