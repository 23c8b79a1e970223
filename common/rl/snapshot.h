// ParameterSnapshot: the parameters of one policy version, immutable once published.
//
// No LibTorch here: a snapshot is what travels and what is stored.
#pragma once

#include <cstdint>
#include <vector>

namespace nyala {

struct ParameterSnapshot {
  // Goes up by one per batch, from 1 for the initial parameters.
  uint64_t version = 0;
  // FlatParameters::layout(): a hash of names and shapes.
  uint64_t layout = 0;
  // All parameters in registration order, then what the network keeps beside them.
  std::vector<float> values;
  // Trained on so far, when it was published.
  uint64_t frames = 0;
};

}  // namespace nyala
