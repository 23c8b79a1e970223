#include "deploy/study/lag_study.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "actor/rollout/inference.h"
#include "actor/rollout/unroll_builder.h"
#include "actor/vector_env.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "learner/batches/batch_assembler.h"
#include "learner/batches/slab.h"
#include "learner/run/episode_stats.h"
#include "learner/training/trainer.h"

namespace nyala {
namespace {

struct Parts {
  std::unique_ptr<Inference> inference;
  std::unique_ptr<UnrollBuilder> builder;
  std::unique_ptr<Trainer> trainer;
};

absl::StatusOr<Parts> MakeParts(const RunConfig& config) {
  // Networks are drawn from one generator.
  static Mutex& making = *new Mutex;
  MutexLock lock(making);
  VectorEnvOptions environment;
  environment.id = config.environment().id();
  environment.E = config.batch().columns();
  environment.seed = config.seed();
  NYALA_ASSIGN_OR_RETURN(auto environments, MakeVectorEnv(environment));
  const EnvSpec env = environments->spec();
  Parts parts;
  NYALA_ASSIGN_OR_RETURN(parts.inference, MakeLocalInference(config, env));
  UnrollBuilderOptions options;
  options.T = config.batch().unroll_length();
  options.state_size = parts.inference->state_size();
  options.seed = config.seed();
  parts.builder = std::make_unique<UnrollBuilder>(options, std::move(environments));
  NYALA_ASSIGN_OR_RETURN(parts.trainer, Trainer::Create({config, env, /*shards=*/1}));
  return parts;
}

}  // namespace

absl::StatusOr<double> TrainUnderLag(const RunConfig& base, const LaggedRun& run,
                                     const StopSource& stop) {
  RunConfig config = base;
  config.set_seed(run.seed);
  NYALA_ASSIGN_OR_RETURN(const Parts parts, MakeParts(config));
  const UnrollSpec spec = parts.builder->spec();
  Unroll unroll(spec);
  Slab slab(spec, spec.E, ChooseTiles(spec.E, spec.T, 1, config.batch().tile_rows()));
  EpisodeStats episodes;
  std::deque<ParameterSnapshot> newest = {parts.trainer->Snapshot(1, 0)};
  uint64_t version = 1;
  for (uint64_t frames = 0; frames < config.limits().frames();) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    // The oldest kept is `lag` versions old, once there are so many.
    NYALA_RETURN_IF_ERROR(parts.inference->Load(newest.front()));
    NYALA_RETURN_IF_ERROR(parts.builder->Collect(*parts.inference, &unroll));
    slab.Clear();
    slab.CopyColumns(unroll.view(), 0, spec.E, 0);
    NYALA_ASSIGN_OR_RETURN(const StepStats stats, parts.trainer->Step(slab, frames));
    frames += stats.frames;
    newest.push_back(parts.trainer->Snapshot(++version, frames));
    while (static_cast<int64_t>(newest.size()) > run.lag + 1) newest.pop_front();
    for (const EpisodeResult& episode : unroll.episodes) {
      episodes.Add(episode.episode_return, episode.length);
    }
  }
  return episodes.mean_return();
}

}  // namespace nyala
