// Random batches and predictions for the tests of losses.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "common/rl/algorithms/algorithm.h"
#include "common/rl/algorithms/batch.h"

namespace nyala {

struct LossProblem {
  Batch batch;
  torch::Tensor policy;  // [T+1, B, A], a leaf with gradient
  torch::Tensor value;   // [T+1, B], likewise
  Prediction prediction() const { return {policy, value}; }
};

LossProblem RandomLossProblem(uint64_t seed, int64_t T, int64_t B, int64_t actions);

// By registered name, with default settings.
std::unique_ptr<Algorithm> MakeAlgorithm(const std::string& name);

}  // namespace nyala
