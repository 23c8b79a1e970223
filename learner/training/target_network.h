// TargetNetwork: older parameters that targets are computed with, renewed every so many batches
// (IMPACT, arXiv 1912.00167). One thread.
#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/nn/flat_parameters.h"

namespace nyala {

class TargetNetwork {
 public:
  // `flat`'s parameters as they are, for `period` batches.
  TargetNetwork(const FlatParameters& flat, int period)
      : period_(period), values_(flat.values().clone()) {}

  // Runs `compute` with the older parameters in place of `flat`'s; one batch has passed.
  void Under(FlatParameters* flat, absl::FunctionRef<void()> compute);

  // For checkpoints: by name, tensors to read and to write.
  std::vector<std::pair<std::string, torch::Tensor>> State() const {
    return {{"target.values", values_}, {"target.age", age_}};
  }

 private:
  const int period_;
  torch::Tensor values_;
  torch::Tensor age_ = torch::zeros({1});  // batches since they were renewed
};

}  // namespace nyala
