// The mean of areas, from its definition: what BoxFilter is checked against.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace nyala {

// Shrinks [in_rows, in_columns] with the exact share that each pixel of `in` has in each of the
// output; halves are rounded up.
inline std::vector<uint8_t> SlowShrink(const std::vector<uint8_t>& in, int in_rows, int in_columns,
                                       int out_rows, int out_columns) {
  // Overlap of input pixel i and output pixel o, where an input pixel is `out_size` long.
  const auto overlap = [](int64_t i, int64_t in_size, int64_t o, int64_t out_size) {
    return std::max<int64_t>(
        0, std::min((i + 1) * out_size, (o + 1) * in_size) - std::max(i * out_size, o * in_size));
  };
  std::vector<uint8_t> out;
  for (int row = 0; row < out_rows; ++row) {
    for (int column = 0; column < out_columns; ++column) {
      int64_t sum = 0;
      for (int r = 0; r < in_rows; ++r) {
        const int64_t height = overlap(r, in_rows, row, out_rows);
        for (int c = 0; height > 0 && c < in_columns; ++c) {
          sum += height * overlap(c, in_columns, column, out_columns) * in[r * in_columns + c];
        }
      }
      const int64_t area = int64_t{in_rows} * in_columns;
      out.push_back(static_cast<uint8_t>((2 * sum + area) / (2 * area)));
    }
  }
  return out;
}

}  // namespace nyala
