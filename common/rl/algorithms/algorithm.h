// Algorithm: which targets are computed from a batch, and which loss terms are summed.
//
// How unrolls become batches, and where gradients are computed, is the algorithm's kind
// (common/rl/algorithm_kinds.h); here is the mathematics of one batch, which may lie in several
// tiles. Threads: BeginBatch by one thread, before all else of a batch; then everything const from
// any.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/registry.h"
#include "common/rl/algorithms/batch.h"
#include "common/rl/distributions/distribution.h"
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
  // log pi of the actions under the parameters that the targets were computed with; only where they
  // stay while the parameters move (Algorithm::fixed_targets).
  at::Tensor log_prob = {};
  // What the advantages are yet to be multiplied by, likewise.
  at::Tensor weights = {};
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // Takes in what spans the tiles of a batch, such as statistics of its returns.
  virtual void BeginBatch(absl::Span<const Batch> /*tiles*/) {}

  // log_prob: log pi of the actions taken, [T, B]; value: [T+1, B]; both detached, contiguous.
  virtual Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                                 const at::Tensor& value) const = 0;

  // With fixed_targets: looks over the targets of all tiles once they are there.
  virtual void FinishTargets(absl::Span<const Batch> /*tiles*/,
                             absl::Span<Targets> /*targets*/) const {}

  // The policy's term of the loss, a scalar: by default - sum over frames of advantage * log pi.
  // log_prob [T, B] has a gradient. With fixed_targets a row must stand for itself: rows may come
  // in any order, as T = 1 and without the bootstrap row.
  virtual at::Tensor PolicyLoss(const Batch& batch, const Targets& targets,
                                const at::Tensor& log_prob) const;

  // Whether targets are computed once per batch, for several steps (config.epochs, minibatches).
  virtual bool fixed_targets() const { return false; }
  // Whether V(s) is learnt; if not, its term is left out of the loss.
  virtual bool learns_value() const { return true; }

  // What it remembers from batch to batch, by name, for checkpoints: tensors to read and to write.
  virtual std::vector<std::pair<std::string, at::Tensor>> State() { return {}; }
};

using AlgorithmRegistry =
    Registry<absl::StatusOr<std::unique_ptr<Algorithm>>, const AlgorithmConfig&>;
// Filled by register_algorithms.cc.
AlgorithmRegistry& Algorithms();

}  // namespace nyala
