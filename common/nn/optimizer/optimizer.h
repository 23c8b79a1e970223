// Optimizer: one update rule on flat buffers.
//
// Parameters, gradients and all state are [N] float32 on one device. Threads: the owner's.
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/registry.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // values -= learning_rate * direction(gradients), in place.
  virtual void Step(const torch::Tensor& values, const torch::Tensor& gradients,
                    double learning_rate) = 0;
  // All state by name, as references: writing to them restores it.
  virtual std::map<std::string, torch::Tensor> State() = 0;
};

// `like` gives size and device.
using OptimizerRegistry = Registry<absl::StatusOr<std::unique_ptr<Optimizer>>,
                                   const OptimizerConfig&, const torch::Tensor&>;
// Filled by register_optimizers.cc.
OptimizerRegistry& Optimizers();

// Scales `gradients` in place to at most `max_norm` (no scaling if <= 0); returns the L2 norm
// before.
double ClipGlobalNorm(const torch::Tensor& gradients, double max_norm);

}  // namespace nyala
