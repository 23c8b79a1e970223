// Shard: one network bound to shared or own parameters, and the loss of one tile after another.
//
// Threads: used by one thread at a time; several shards run side by side.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "common/nn/flat_parameters.h"
#include "common/nn/loss_settings.h"
#include "common/nn/network.h"
#include "common/nn/observation_statistics.h"
#include "common/rl/algorithms/actor_critic_loss.h"
#include "common/rl/rows.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// Sums over the tiles computed so far.
struct ShardSums {
  double policy = 0;
  double baseline = 0;
  double entropy = 0;
  double total = 0;
  double frames = 0;
};

// spec.T rows of `columns` columns as tensors on `device`, rewards scaled (by `reward_factor`
// beside what `config` says) and clipped. Borrows the rows' memory where the device is the host.
Batch MakeBatch(const UnrollSpec& spec, int64_t columns, Rows& rows, const AlgorithmConfig& config,
                double reward_factor, torch::Device device);

// Moments of the batch's observations at rows that are frames, for UpdateStatistics.
Moments MomentsOf(const Batch& batch);

class Shard {
 public:
  // `parameters` of the first shard owns the values; the others are bound to it.
  Shard(std::unique_ptr<Network> network, std::unique_ptr<FlatParameters> parameters,
        const Algorithm* algorithm, const ActionDistribution* distribution);

  // Adds the batch's gradient to flat().gradients(). `fixed`: targets that were computed before.
  void Accumulate(const Batch& batch, const StepSettings& settings, const Targets* fixed = nullptr);
  // Under the parameters as they are; no gradient.
  Targets ComputeTargets(const Batch& batch);

  ShardSums TakeSums();
  const FlatParameters& flat() const { return *parameters_; }
  FlatParameters& flat() { return *parameters_; }
  const Network& network() const { return *network_; }

 private:
  const std::unique_ptr<Network> network_;
  const std::unique_ptr<FlatParameters> parameters_;
  const Algorithm* const algorithm_;
  const ActionDistribution* const distribution_;
  ShardSums sums_;
};

}  // namespace nyala
