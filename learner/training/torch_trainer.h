// TorchTrainer: the Trainer. Internal to learner; made by Trainer::Create.
//
// The slab's tiles are dealt over single-thread shards. Most algorithms take one step per batch;
// one with fixed targets computes these first, under the parameters at the start of the batch or an
// older target network's (learner/training/target_network.h), and then takes epochs x minibatches
// steps (learner/training/minibatch_plan.h).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "common/nn/optimizer/optimizer.h"
#include "common/nn/shard.h"
#include "learner/training/minibatch_plan.h"
#include "learner/training/reward_scale.h"
#include "learner/training/shard_threads.h"
#include "learner/training/target_network.h"
#include "learner/training/trainer.h"
#include "learner/training/trainer_state.h"

namespace nyala {

class TorchTrainer : public Trainer {
 public:
  TorchTrainer(const Options& options, torch::Device device,
               std::unique_ptr<ActionDistribution> distribution,
               std::unique_ptr<Algorithm> algorithm);
  absl::Status Init(const Options& options);

  UnrollSpec unroll_spec() const override;
  absl::StatusOr<StepStats> Step(Slab& slab, uint64_t frames_before) override;
  ParameterSnapshot Snapshot(uint64_t version, uint64_t frames) const override {
    return flat().Snapshot(version, frames);
  }
  uint64_t layout() const override { return flat().layout(); }
  int64_t parameters() const override { return flat().trainable_size(); }
  int64_t gradient_values() const override;
  std::vector<NamedTensor> ModelTensors() const override;
  std::vector<NamedTensor> OptimizerTensors() const override;
  absl::Status Restore(const std::vector<NamedTensor>& model,
                       const std::vector<NamedTensor>& optimizer) override;

 private:
  FlatParameters& flat() { return shards_[0]->flat(); }
  const FlatParameters& flat() const { return shards_[0]->flat(); }
  // What the optimizer, the algorithm and the rewards' scale remember.
  NamedState State() const;

  std::vector<Batch> MakeBatches(Slab& slab);
  void UpdateObservationStatistics(Slab& slab, const std::vector<Batch>& batches);
  // One step on the batches of these indices, which have so many `frames`.
  absl::Status StepOn(const std::vector<Batch>& batches, const std::vector<int64_t>& indices,
                      uint64_t frames, const std::vector<Targets>* fixed, uint64_t frames_before,
                      StepStats* stats);
  absl::Status StepInParts(const std::vector<Batch>& batches, uint64_t frames_before,
                           StepStats* stats);
  absl::Status StepOnGradient(const Slab& slab, uint64_t frames_before, StepStats* stats);
  std::vector<Targets> ComputeTargets(const std::vector<Batch>& batches);
  MinibatchPlan PlanFor(size_t tiles, size_t rows, uint64_t frames_before) const;
  void SumShards(StepStats* stats);
  absl::Status Apply(uint64_t frames_before, StepStats* stats);

  const RunConfig config_;
  const EnvSpec env_;
  const torch::Device device_;
  const std::unique_ptr<ActionDistribution> distribution_;
  const std::unique_ptr<Algorithm> algorithm_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Optimizer> optimizer_;
  RewardScale reward_scale_;
  // Only if targets are not computed with the parameters of each batch's start.
  std::optional<TargetNetwork> target_;
  ShardThreads threads_;
};

}  // namespace nyala
