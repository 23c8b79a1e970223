// One layer of a recurrent core over all rows of an unroll, with resets inside.
//
// The products with the inputs are one for all rows and the caller's; what is left is the
// recurrence. It is one differentiable function with a backward pass of its own: per row one
// product and a handful of element-wise operations either way, the gradient of the weights in one
// product for all rows. LibTorch's own layers record some twenty operations a row on a CPU, and
// would have to be called again at every row at which any column resets.
// Gates are in LibTorch's order: i, f, g, o of an LSTM, r, z, n of a GRU. No gradient flows to the
// state before row 0 (it is data), nor from the state after the last row.
// Threads: any.
#pragma once

#include <torch/torch.h>

namespace nyala {

struct SequenceOutput {
  torch::Tensor h;       // [T, B, H]: the output of each row
  torch::Tensor last_c;  // [B, H] after the last row, no gradient; LSTM only
};

// gates [T, B, 4H]: inputs' products and both biases. weight [4H, H]. h, c [B, H] before row 0.
// keep [T, B, 1]: 0 where the state is reset before the row, else 1.
SequenceOutput LstmSequence(const torch::Tensor& gates, const torch::Tensor& weight,
                            const torch::Tensor& h, const torch::Tensor& c,
                            const torch::Tensor& keep);
// gates [T, B, 3H]: inputs' products and their bias; weight [3H, H] and bias [3H] of the state's.
SequenceOutput GruSequence(const torch::Tensor& gates, const torch::Tensor& weight,
                           const torch::Tensor& bias, const torch::Tensor& h,
                           const torch::Tensor& keep);

// The same of one row, of plain operations that take no size from their arguments: gates [N, 4H],
// h, c [N, H].
struct CellState {
  torch::Tensor h, c;
};
CellState LstmStep(const torch::Tensor& gates, const torch::Tensor& weight, const CellState& state);
CellState GruStep(const torch::Tensor& gates, const torch::Tensor& weight,
                  const torch::Tensor& bias, const CellState& state);

}  // namespace nyala
