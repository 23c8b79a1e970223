// TorchTrainer: the Trainer. Internal to learner; made by Trainer::Create.
//
// The slab's tiles are dealt over single-thread shards. Most algorithms take one step per batch;
// one with fixed targets computes these first, under the parameters at the start of the batch or an
// older target network's, and then takes epochs x minibatches steps, on whole tiles or on frames
// that are dealt anew onto tiles (learner/training/frame_dealer.h).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <utility>
#include <vector>

#include "common/nn/optimizer/optimizer.h"
#include "common/nn/shard.h"
#include "learner/training/reward_scale.h"
#include "learner/training/shard_threads.h"
#include "learner/training/trainer.h"

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
  using NamedState = std::vector<std::pair<std::string, torch::Tensor>>;

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
  // Onto how many tiles rows are dealt: of at most batch.tile_rows each, and where there are rows
  // enough as many for each shard in each part.
  size_t ShuffledTiles(size_t rows, size_t parts) const;
  // Puts `order` into the random order of this pass.
  void Shuffle(uint64_t frames_before, int epoch, std::vector<int64_t>* order) const;
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
  // The parameters that fixed targets are computed with, and the batches since they were renewed;
  // only if they are not those of each batch's start.
  torch::Tensor target_values_;
  torch::Tensor target_age_ = torch::zeros({1});
  ShardThreads threads_;
};

}  // namespace nyala
