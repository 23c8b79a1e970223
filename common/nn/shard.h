// Shard: one network bound to the shared parameters, and the loss of one tile after another.
//
// Threads: used by one thread at a time; several shards run side by side.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "common/nn/flat_parameters.h"
#include "common/nn/network.h"
#include "common/rl/actor_critic_loss.h"
#include "common/rl/tile.h"
#include "common/rl/unroll.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// What a step needs to know beside the data.
struct StepSettings {
  LossCosts costs;
  double scale = 1;  // 1, or 1 / frames
};

// Sums over the tiles computed so far.
struct ShardSums {
  double policy = 0;
  double baseline = 0;
  double entropy = 0;
  double total = 0;
};

class Shard {
 public:
  // `parameters` of the first shard owns the values; the others are bound to it.
  Shard(std::unique_ptr<Network> network, std::unique_ptr<FlatParameters> parameters,
        const Algorithm* algorithm, const ActionDistribution* distribution,
        const AlgorithmConfig& config, torch::Device device);

  // Adds the tile's gradient to gradients().
  void Accumulate(const UnrollSpec& spec, Tile& tile, const StepSettings& settings);

  ShardSums TakeSums();
  const FlatParameters& flat() const { return *parameters_; }
  FlatParameters& flat() { return *parameters_; }
  const Network& network() const { return *network_; }

 private:
  Batch MakeBatch(const UnrollSpec& spec, Tile& tile);

  const std::unique_ptr<Network> network_;
  const std::unique_ptr<FlatParameters> parameters_;
  const Algorithm* const algorithm_;
  const ActionDistribution* const distribution_;
  const float discount_, reward_scale_, reward_clip_;
  const torch::Device device_;
  // Scratch of the tile at hand: what follows from its flags and rewards.
  std::vector<float> discounts_, frames_, rewards_;
  ShardSums sums_;
};

}  // namespace nyala
