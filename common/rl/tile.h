// Tile: the host memory of some columns of a batch, contiguous and time-major, sized so that its
// activations fit a core's cache; it becomes tensors without a copy. A plain value; no LibTorch.
#pragma once

#include <cstdint>

#include "common/rl/rows.h"

namespace nyala {

struct Tile : Rows {
  int64_t first_column = 0;
  int64_t columns = 0;
};

}  // namespace nyala
