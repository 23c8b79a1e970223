// Softmax of n >= 1 logits in plain loops, for sampling. Pure functions; no LibTorch.
#pragma once

#include <cstdint>

namespace nyala {

// Chooses i in [0, n) with probability softmax(logits)[i] by inverting the cumulative distribution
// at `uniform` in (0, 1]; finite for any finite logits. Writes the log-probability of what it
// chose.
int64_t ChooseBySoftmax(const float* logits, int64_t n, float uniform, float* log_probability);

// out[i] = log softmax(logits)[i]; exact to rounding for logits of any size.
void LogSoftmax(const float* logits, int64_t n, float* out);

// log sum_i exp(values[i]); finite for any finite values.
float LogSumExp(const float* values, int64_t n);

}  // namespace nyala
