#include "common/rl/softmax.h"

#include <algorithm>
#include <cmath>

namespace nyala {

int64_t ChooseBySoftmax(const float* logits, int64_t n, float uniform, float* log_probability) {
  const float highest = *std::max_element(logits, logits + n);
  float total = 0;
  for (int64_t i = 0; i < n; ++i) total += std::exp(logits[i] - highest);
  float left = uniform * total;
  int64_t chosen = 0;
  for (; chosen < n - 1; ++chosen) {
    left -= std::exp(logits[chosen] - highest);
    if (left < 0) break;
  }
  // Rounding may carry the loop to a last choice of no probability: the likeliest is never wrong.
  if (logits[chosen] - highest < -80.0f) chosen = std::max_element(logits, logits + n) - logits;
  *log_probability = logits[chosen] - highest - std::log(total);
  return chosen;
}

void LogSoftmax(const float* logits, int64_t n, float* out) {
  const float highest = *std::max_element(logits, logits + n);
  float total = 0;
  for (int64_t i = 0; i < n; ++i) total += std::exp(logits[i] - highest);
  for (int64_t i = 0; i < n; ++i) out[i] = logits[i] - highest - std::log(total);
}

float LogSumExp(const float* values, int64_t n) {
  const float highest = *std::max_element(values, values + n);
  float total = 0;
  for (int64_t i = 0; i < n; ++i) total += std::exp(values[i] - highest);
  return highest + std::log(total);
}

}  // namespace nyala
