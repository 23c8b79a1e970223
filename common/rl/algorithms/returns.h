// What Monte-Carlo algorithms take from whole sessions: their returns, and scans over them.
//
// All functions are pure and work on host copies of a batch's columns.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/types/span.h"
#include "common/rl/algorithms/batch.h"

namespace nyala {

// Discounted returns to the end of each row's session, [T, B], in one backward scan:
//   G_t = r_t + d_t G_{t+1}, G = `ends` at rows that are no frames and at row T.
// `ends` [T+1, B]: what is counted after a session that was cut (undefined: nothing).
at::Tensor SessionReturns(const Batch& batch, const at::Tensor& ends = {});

// Undiscounted sum of rewards of each session, [T, B], at every row of it. A session that the batch
// cuts at either end counts with what is there.
at::Tensor SessionTotals(const Batch& batch);

// The values at rows that are frames, of all tiles; values[i] [T, B] belongs to tiles[i].
std::vector<float> FrameValues(absl::Span<const Batch> tiles, absl::Span<const at::Tensor> values);

// Quantile q in [0, 1] by linear interpolation between order statistics (as NumPy's default).
// `values` must not be empty.
double Quantile(std::vector<float> values, double q);

}  // namespace nyala
