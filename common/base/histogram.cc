#include "common/base/histogram.h"

#include <algorithm>
#include <cmath>

namespace nyala {

uint64_t Histogram::BucketOf(uint64_t value) {
  if (value < kExact) return value;
  return kExact + (63 - static_cast<uint64_t>(__builtin_clzll(value)));
}

void Histogram::Add(uint64_t value, uint64_t times) {
  if (times == 0) return;
  buckets_[BucketOf(value)] += times;
  count_ += times;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::Mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

uint64_t Histogram::Quantile(double fraction) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (uint64_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) {
      const uint64_t upper = i < kExact ? i : (uint64_t{2} << (i - kExact)) - 1;
      return std::min(upper, max_);
    }
  }
  return max_;
}

Histogram::State Histogram::Save() const {
  State state;
  for (uint64_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] > 0) state.buckets.emplace_back(i, buckets_[i]);
  }
  state.sum = sum_;
  state.max = max_;
  return state;
}

bool Histogram::Restore(const State& state) {
  Histogram restored;
  for (const auto& [bucket, times] : state.buckets) {
    if (bucket >= buckets_.size()) return false;
    restored.buckets_[bucket] += times;
    restored.count_ += times;
  }
  restored.sum_ = state.sum;
  restored.max_ = state.max;
  *this = restored;
  return true;
}

}  // namespace nyala
