#include "common/rl/algorithms/vtrace.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace nyala {

void Vtrace(const VtraceOptions& options, const TargetInputs& in, const TargetOutputs& out) {
  const int64_t B = in.B;
  std::vector<float> corrections(B, 0.0f);  // v_{t+1} - V_{t+1}
  for (int64_t t = in.T - 1; t >= 0; --t) {
    const float* value = in.values + t * B;
    const float* next_value = value + B;
    for (int64_t b = 0; b < B; ++b) {
      const int64_t i = t * B + b;
      // Not a product: what a masked row carries may well have an infinite exponential.
      const float weight = in.frames[i] != 0 ? std::exp(in.log_weights[i]) : 0.0f;
      const float rho = std::min(options.rho_bar, weight);
      const float c = options.lambda * std::min(options.c_bar, weight);
      const float discount = in.discounts[i];
      const float next_target = next_value[b] + corrections[b];
      out.advantages[i] = std::min(options.pg_rho_bar, weight) *
                          (in.rewards[i] + discount * next_target - value[b]);
      corrections[b] = rho * (in.rewards[i] + discount * next_value[b] - value[b]) +
                       discount * c * corrections[b];
      out.targets[i] = value[b] + corrections[b];
    }
  }
}

void NStepReturns(int64_t n, const TargetInputs& in, const TargetOutputs& out) {
  const int64_t B = in.B;
  for (int64_t t = 0; t < in.T; ++t) {
    for (int64_t b = 0; b < B; ++b) {
      // Steps until the bootstrap: at most n, within the unroll, up to a final observation's row.
      int64_t steps = 1;
      while (steps < n && t + steps < in.T && in.frames[(t + steps) * B + b] != 0) ++steps;
      float sum = in.values[(t + steps) * B + b];
      for (int64_t k = t + steps - 1; k >= t; --k) {
        sum = in.rewards[k * B + b] + in.discounts[k * B + b] * sum;
      }
      const int64_t i = t * B + b;
      const float value = in.values[i];
      out.targets[i] = in.frames[i] != 0 ? sum : value;
      out.advantages[i] = out.targets[i] - value;
    }
  }
}

TensorTargets TensorVtrace(const VtraceOptions& options, const at::Tensor& log_weights,
                           const at::Tensor& rewards, const at::Tensor& discounts,
                           const at::Tensor& frames, const at::Tensor& values) {
  torch::NoGradGuard no_grad;
  const int64_t T = rewards.size(0);
  const at::Tensor weights = log_weights.exp().masked_fill(frames == 0, 0);
  const at::Tensor rho = weights.clamp_max(options.rho_bar);
  const at::Tensor c = weights.clamp_max(options.c_bar) * options.lambda;
  const at::Tensor value = values.narrow(0, 0, T);
  const at::Tensor next_value = values.narrow(0, 1, T);
  const at::Tensor delta = rho * (rewards + discounts * next_value - value);
  const at::Tensor decay = discounts * c;
  at::Tensor corrections = torch::empty_like(values);
  corrections[T].zero_();
  for (int64_t t = T - 1; t >= 0; --t) {
    corrections[t].copy_(torch::addcmul(delta[t], decay[t], corrections[t + 1]));
  }
  const at::Tensor all_targets = values + corrections;
  return {all_targets.narrow(0, 0, T),
          weights.clamp_max(options.pg_rho_bar) *
              (rewards + discounts * all_targets.narrow(0, 1, T) - value)};
}

}  // namespace nyala
