// V-trace targets and n-step returns: one backward scan over contiguous [T, B] floats.
//
// V-trace (IMPALA, arXiv 1802.01561, eq. 1 and remark 1):
//   delta_t = rho_t (r_t + d_t V_{t+1} - V_t)
//   v_t - V_t = delta_t + d_t c_t (v_{t+1} - V_{t+1}),  v_T = V_T (the bootstrap)
//   advantage_t = min(pg_rho_bar, w_t) (r_t + d_t v_{t+1} - V_t)
// with w_t = pi(a_t|x_t) / mu(a_t|x_t), rho_t = min(rho_bar, w_t), c_t = lambda min(c_bar, w_t).
// Rows that are no frames (see episode_rows.h) have w_t = 0 and d_t = 0, hence v_t = V_t.
//
// The plain functions are for host memory, TensorVtrace for any device; both compute the same
// (tests check them against the O(T^2) sum). All are pure.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace nyala {

struct VtraceOptions {
  float rho_bar = 1;
  float c_bar = 1;
  float pg_rho_bar = 1;
  float lambda = 1;
};

// All arrays are [T, B] but `values` [T+1, B], row-major.
struct TargetInputs {
  int64_t T;
  int64_t B;
  const float* log_weights;  // log pi - log mu of the action taken
  const float* rewards;
  const float* discounts;
  const float* frames;  // 1 where the row is a frame, else 0
  const float* values;
};

// Where the results go, [T, B] each. `targets` are v_t.
struct TargetOutputs {
  float* targets;
  float* advantages;
};

void Vtrace(const VtraceOptions& options, const TargetInputs& in, const TargetOutputs& out);

// n-step returns G_t = r_t + d_t r_{t+1} + ... + V_{t+m}, where m is `n` or what is left of the
// unroll, or of the episode when it is truncated; advantages G_t - V_t. Ignores log_weights.
void NStepReturns(int64_t n, const TargetInputs& in, const TargetOutputs& out);

struct TensorTargets {
  at::Tensor targets;     // [T, B]
  at::Tensor advantages;  // [T, B]
};

// V-trace by tensor operations; the same shapes, no gradient flows.
TensorTargets TensorVtrace(const VtraceOptions& options, const at::Tensor& log_weights,
                           const at::Tensor& rewards, const at::Tensor& discounts,
                           const at::Tensor& frames, const at::Tensor& values);

}  // namespace nyala
