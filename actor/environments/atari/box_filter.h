// BoxFilter: shrinks grey images; each pixel becomes the mean of the area it covers.
//
// Exact: weights are whole numbers (in units of 1/out of an input pixel, shortened), the mean is
// rounded to the nearest, halves up. (OpenCV's INTER_AREA computes the same mean in floats.)
// Threads: one at a time. Apply allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

namespace nyala {

class BoxFilter {
 public:
  // 1 <= output <= input in both directions; at most 257 rows (sums of a column fit 16 bits) and
  // 4096 columns.
  BoxFilter(int in_rows, int in_columns, int out_rows, int out_columns);

  // From [in_rows, in_columns] to [out_rows, out_columns].
  void Apply(const uint8_t* in, uint8_t* out);

 private:
  // One direction: output i is the sum of weights[i * taps + k] * input[first[i] + k], whose
  // weights sum to `total`.
  struct Direction {
    Direction(int in, int out);
    int taps = 0;
    uint32_t total = 0;
    std::vector<int> first;
    std::vector<uint32_t> weights;
  };

  void SumRows(const uint8_t* in, int out_row);

  const int in_columns_, out_rows_, out_columns_;
  const Direction rows_, columns_;
  // Sums of one output row, before its columns are put together.
  std::vector<uint16_t> row_sums_;
};

}  // namespace nyala
