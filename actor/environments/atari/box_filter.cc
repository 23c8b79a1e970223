#include "actor/environments/atari/box_filter.h"

#include <algorithm>
#include <numeric>

#include "common/base/check.h"

namespace nyala {
namespace {

constexpr int kMostRows = 65535 / 255;
constexpr int kMostColumns = 4096;

}  // namespace

// On a ruler on which an input pixel has length `out` and an output pixel length `in`.
BoxFilter::Direction::Direction(int in, int out) {
  NYALA_CHECK(out >= 1 && out <= in, "a box filter shrinks");
  const int divisor = std::gcd(in, out);
  const int input_length = out / divisor, output_length = in / divisor;
  total = static_cast<uint32_t>(output_length);
  std::vector<std::vector<uint32_t>> each(out);
  for (int i = 0; i < out; ++i) {
    const int begin = i * output_length, end = begin + output_length;
    first.push_back(begin / input_length);
    for (int k = first[i]; k * input_length < end; ++k) {
      each[i].push_back(std::min(end, (k + 1) * input_length) - std::max(begin, k * input_length));
    }
    taps = std::max(taps, static_cast<int>(each[i].size()));
  }
  // All have the same number of taps; those of weight 0 must stay inside the input.
  for (int i = 0; i < out; ++i) {
    const int outside = std::max(0, first[i] + taps - in);
    first[i] -= outside;
    each[i].insert(each[i].begin(), outside, 0);
    each[i].resize(taps, 0);
    weights.insert(weights.end(), each[i].begin(), each[i].end());
  }
}

BoxFilter::BoxFilter(int in_rows, int in_columns, int out_rows, int out_columns)
    : in_columns_(in_columns),
      out_rows_(out_rows),
      out_columns_(out_columns),
      rows_(in_rows, out_rows),
      columns_(in_columns, out_columns),
      row_sums_(in_columns) {
  NYALA_CHECK(in_rows <= kMostRows && in_columns <= kMostColumns, "an image that is too large");
}

void BoxFilter::SumRows(const uint8_t* in, int out_row) {
  uint16_t* const sums = row_sums_.data();
  std::fill_n(sums, in_columns_, uint16_t{0});
  for (int k = 0; k < rows_.taps; ++k) {
    const uint8_t* const row = in + (rows_.first[out_row] + k) * in_columns_;
    const auto weight = static_cast<uint16_t>(rows_.weights[out_row * rows_.taps + k]);
    for (int c = 0; c < in_columns_; ++c) {
      sums[c] = static_cast<uint16_t>(sums[c] + weight * row[c]);
    }
  }
}

void BoxFilter::Apply(const uint8_t* in, uint8_t* out) {
  // Divides exactly by a multiplication: quotients are at most 255, so with divisors up to 2^24 the
  // product's error stays below 1 / divisor, and the product below 2^64.
  constexpr int kShift = 56;
  const uint32_t total = rows_.total * columns_.total;
  const uint64_t inverse = (uint64_t{1} << kShift) / total + 1;
  for (int r = 0; r < out_rows_; ++r) {
    SumRows(in, r);
    for (int c = 0; c < out_columns_; ++c) {
      const uint16_t* const sums = row_sums_.data() + columns_.first[c];
      const uint32_t* const weights = columns_.weights.data() + c * columns_.taps;
      uint32_t sum = total / 2;
      for (int k = 0; k < columns_.taps; ++k) sum += weights[k] * sums[k];
      out[r * out_columns_ + c] = static_cast<uint8_t>(sum * inverse >> kShift);
    }
  }
}

}  // namespace nyala
