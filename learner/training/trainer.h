// Trainer: computes optimizer steps from a slab.
//
// The slab's tiles are dealt over single-thread shards, each with a network of its own bound to the
// shared flat parameters and a flat gradient of its own. Gradients are summed in a fixed order, so
// the result does not depend on timing. Then: finite? clip, step. A slab that carries a gradient
// which an actor computed is applied the same way.
// Threads: one caller (the trainer thread), which also computes shard 0; the others are owned here.
// No LibTorch in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rl/snapshot.h"
#include "common/rl/specs.h"
#include "learner/batches/slab.h"
#include "learner/run/safetensors.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct StepStats {
  uint64_t frames = 0;
  // Frames that the last optimizer step was computed from.
  double rows = 0;
  // Per frame, unweighted.
  double policy_loss = 0;
  double baseline_loss = 0;
  double entropy = 0;
  // The loss as configured.
  double total_loss = 0;
  // Before the clip.
  double gradient_norm = 0;
  double learning_rate = 0;
  // Optimizer steps that were left out because the loss or the gradient was not finite, and the
  // last one's figures.
  int skipped_steps = 0;
  std::string why_skipped;
};

class Trainer {
 public:
  struct Options {
    RunConfig config;  // resolved and valid
    EnvSpec env;
    int shards = 1;
    // Asked once the number of parameters is known, before more than one network is made; may be
    // empty. What it refuses, Create does.
    std::function<absl::Status(int64_t parameters)> check_parameters = nullptr;
  };
  // InvalidArgument names the config field when network, algorithm, optimizer or device do not fit.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(const Options& options);
  virtual ~Trainer() = default;

  // The shape of the unrolls it trains on (E is 0).
  virtual UnrollSpec unroll_spec() const = 0;

  // One batch: one optimizer step, or several (epochs, minibatches). `frames_before`: frames
  // trained on so far, for the linear schedules. A step whose loss or gradient is NaN or infinite
  // is not taken, and its batch leaves no trace in statistics; the stats say so. Internal: a
  // parameter became so.
  virtual absl::StatusOr<StepStats> Step(Slab& slab, uint64_t frames_before) = 0;

  // Snapshot of the parameters as they are, after training on `frames` frames.
  virtual ParameterSnapshot Snapshot(uint64_t version, uint64_t frames) const = 0;
  virtual uint64_t layout() const = 0;
  virtual int64_t parameters() const = 0;
  // Values that an actor sends as a gradient: one a parameter, and the moments of its observations
  // where the network keeps those.
  virtual int64_t gradient_values() const = 0;

  // By name, for checkpoints. Restore: FailedPrecondition names what does not fit.
  virtual std::vector<NamedTensor> ModelTensors() const = 0;
  virtual std::vector<NamedTensor> OptimizerTensors() const = 0;
  virtual absl::Status Restore(const std::vector<NamedTensor>& model,
                               const std::vector<NamedTensor>& optimizer) = 0;
};

}  // namespace nyala
