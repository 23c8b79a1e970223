// Tile: the host memory of some columns of a batch, contiguous and time-major, sized so that its
// activations fit a core's cache; it becomes tensors without a copy. A plain value; no LibTorch.
#pragma once

#include <cstdint>
#include <vector>

namespace nyala {

struct Tile {
  int64_t first_column = 0;
  int64_t columns = 0;
  std::vector<uint8_t> observations;  // [T+1, columns, ...]
  std::vector<uint8_t> actions;       // [T, columns, ...]
  std::vector<float> log_mu;          // [T, columns]
  std::vector<float> rewards;         // [T, columns]
  std::vector<uint8_t> flags;         // [T, columns]
  std::vector<float> initial_state;   // [columns, S]
};

}  // namespace nyala
