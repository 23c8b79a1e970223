// Batch: what a loss is computed from: B columns of T rows (and the bootstrap row), as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace nyala {

struct Batch {
  at::Tensor observations;   // [T+1, B, ...] of the environment's dtype
  at::Tensor actions;        // [T, B] int64, or [T, B, n] float32
  at::Tensor log_mu;         // [T, B] float32
  at::Tensor rewards;        // [T, B] float32, scaled and clipped as configured
  at::Tensor discounts;      // [T, B] float32, 0 where nothing follows
  at::Tensor frames;         // [T, B] float32, 1 where the row is a frame, else 0
  at::Tensor first;          // [T+1, B] bool; undefined for feed-forward networks
  at::Tensor initial_state;  // [B, S] float32; undefined for feed-forward networks

  int64_t T() const { return rewards.size(0); }
  int64_t B() const { return rewards.size(1); }
};

}  // namespace nyala
