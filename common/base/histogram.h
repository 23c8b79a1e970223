// Histogram of small non-negative integers (policy lag): exact up to kExact, then by powers of two.
//
// Not thread-safe: the owner guards it. Constant memory.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace nyala {

class Histogram {
 public:
  void Add(uint64_t value, uint64_t times = 1);
  void Merge(const Histogram& other);
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  // 0 when empty.
  double Mean() const;
  // The smallest value (exact up to 1023, else a bucket's upper bound, never above max) that at
  // least `fraction` of the values do not exceed; 0 when empty.
  uint64_t Quantile(double fraction) const;

  // All it holds, to be stored and restored exactly.
  struct State {
    std::vector<std::pair<uint64_t, uint64_t>> buckets;  // (bucket, times), times > 0
    double sum = 0;
    uint64_t max = 0;
  };
  State Save() const;
  // False, and nothing changed, when `state` names a bucket that does not exist.
  bool Restore(const State& state);

 private:
  static constexpr uint64_t kExact = 1024;
  static uint64_t BucketOf(uint64_t value);

  std::array<uint64_t, kExact + 64> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace nyala
