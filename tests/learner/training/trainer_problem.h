// A small training problem for the tests of the trainer.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "learner/batches/slab.h"
#include "learner/training/trainer.h"
#include "tests/support/random_unroll.h"

namespace nyala {

inline constexpr int64_t kTrainedColumns = 12;

inline EnvSpec TrainedEnv() {
  EnvSpec env;
  env.id = "Tested-v0";
  env.observation = {DType::kFloat32, {4}};
  env.action.n = 3;
  return env;
}

inline RunConfig TrainedConfig() {
  RunConfig config;
  config.mutable_network()->add_hidden(16);
  config.mutable_batch()->set_unroll_length(6);
  // Smooth in the gradient: what differs by rounding stays that close.
  config.mutable_optimizer()->set_name("rmsprop_tf");
  config.mutable_optimizer()->set_epsilon(0.1);
  config.mutable_optimizer()->set_momentum(0.5);
  config.mutable_optimizer()->set_learning_rate(0.01);
  config.mutable_algorithm()->set_entropy_cost(0.02);
  return config;
}

inline std::unique_ptr<Trainer> MakeTrainer(const RunConfig& config, int shards = 1,
                                            const EnvSpec& env = TrainedEnv()) {
  auto trainer = Trainer::Create({config, env, shards});
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  return *std::move(trainer);
}

// The same content for the same seed, whatever the tiles.
inline std::unique_ptr<Slab> RandomSlab(const Trainer& trainer, uint64_t seed, int64_t tiles = 1,
                                        int64_t columns = kTrainedColumns) {
  UnrollSpec spec = trainer.unroll_spec();
  auto slab = std::make_unique<Slab>(spec, columns, tiles);
  slab->MaskColumns(0, columns);
  spec.E = kTrainedColumns;
  slab->CopyColumns(RandomUnroll(spec, seed).view(), 0, kTrainedColumns, 0);
  return slab;
}

// Some steps on slabs of their own; each must succeed.
inline void TrainOn(Trainer& trainer, uint64_t first_seed, int steps, int64_t tiles = 1) {
  for (int i = 0; i < steps; ++i) {
    const auto slab = RandomSlab(trainer, first_seed + i, tiles);
    const auto stats = trainer.Step(*slab, 0);
    ASSERT_TRUE(stats.ok()) << stats.status();
  }
}

}  // namespace nyala
