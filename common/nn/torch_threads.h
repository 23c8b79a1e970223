// How many threads LibTorch and its BLAS use.
//
// Nyala's parallelism is processes and single-thread shards, so every thread that computes with
// tensors calls UseOneTorchThread first: intra-op threads on small products cost more than they
// bring, and OpenBLAS ignores LibTorch's own setting.
#pragma once

namespace nyala {

void UseOneTorchThread();

}  // namespace nyala
