// Algorithm: which targets are computed from a batch, and which loss terms are summed.
//
// Gradients are computed in the learner from unrolls; a synchronous algorithm gets exactly one
// unroll of every joined column per update, all of the newest version.
// Implementations are immutable; all methods may be called from any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/base/registry.h"
#include "common/rl/batch.h"
#include "common/rl/distribution.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// What the network says of a batch: policy [T+1, B, P], value [T+1, B]; both with gradient.
struct Prediction {
  at::Tensor policy;
  at::Tensor value;
};

// Targets of the policy gradient and of the value, [T, B] without gradient.
struct Targets {
  at::Tensor values;
  at::Tensor advantages;
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;
  // log_prob: log pi of the actions taken, value: [T+1, B]; both detached, contiguous.
  virtual Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                                 const at::Tensor& value) const = 0;
};

using AlgorithmRegistry =
    Registry<absl::StatusOr<std::unique_ptr<Algorithm>>, const AlgorithmConfig&>;
// Filled by register_algorithms.cc.
AlgorithmRegistry& Algorithms();

}  // namespace nyala
