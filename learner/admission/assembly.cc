#include "learner/admission/assembly.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/system/log.h"
#include "learner/batches/async_assembler.h"
#include "learner/batches/gradient_assembler.h"
#include "learner/batches/session_assembler.h"
#include "learner/batches/sync_assembler.h"

namespace nyala {
namespace {

// Rollout threads of the actors that the configuration names.
int64_t AnnouncedThreads(const RunConfig& config) {
  return int64_t{config.actor().actors()} * config.actor().threads();
}

// Into how many parts the columns of a batch are cut, one optimizer step each.
int Parts(const RunConfig& config) {
  return config.algorithm().shuffle_frames() ? 1 : config.algorithm().minibatches();
}

std::shared_ptr<BatchAssembler> MakeSync(const AssemblyOptions& options) {
  SyncAssembler::Options sync;
  sync.shards = options.shards * Parts(options.config);
  sync.tile_rows = options.config.batch().tile_rows();
  sync.version = options.version;
  sync.announced = AnnouncedThreads(options.config);
  sync.straggler_seconds = options.config.batch().straggler_seconds();
  return std::make_shared<SyncAssembler>(options.unroll, sync);
}

std::shared_ptr<BatchAssembler> MakeSessions(const AssemblyOptions& options) {
  SessionAssembler::Options sessions;
  sessions.shards = options.shards;
  sessions.tile_rows = options.config.batch().tile_rows();
  sessions.version = options.version;
  sessions.announced = AnnouncedThreads(options.config);
  sessions.straggler_seconds = options.config.batch().straggler_seconds();
  sessions.most_columns = options.most_columns;
  sessions.wanted = {options.config.batch().sessions_per_column(), options.session_frames};
  return std::make_shared<SessionAssembler>(options.unroll, sessions);
}

std::shared_ptr<BatchAssembler> MakeGradients(const AssemblyOptions& options) {
  GradientAssembler::Options gradients;
  gradients.slabs = options.config.batch().slabs();
  gradients.max_policy_lag = options.config.batch().max_policy_lag();
  return std::make_shared<GradientAssembler>(options.unroll, gradients);
}

absl::StatusOr<std::shared_ptr<Replay>> MakeReplay(const AssemblyOptions& options) {
  constexpr int64_t kWorthTelling = 100'000'000;
  const RunConfig& config = options.config;
  Replay::Options replay_options;
  replay_options.new_columns = NewColumns(config);
  replay_options.capacity = config.batch().replay_columns();
  replay_options.seed = config.seed();
  replay_options.first_batch = options.updates;
  NYALA_ASSIGN_OR_RETURN(std::shared_ptr<Replay> replay,
                         Replay::Create(options.unroll, replay_options));
  if (replay->bytes() > kWorthTelling) {
    Log("replay: %d columns take up to %.1f GB (batch.replay_columns)", replay_options.capacity,
        static_cast<double>(replay->bytes()) / 1e9);
  }
  if (!config.checkpoint().replay() || options.replay.empty()) return replay;
  NYALA_RETURN_IF_ERROR(replay->Restore(options.replay));
  Log("replay: %d columns restored", replay->columns());
  return replay;
}

}  // namespace

absl::StatusOr<Assembly> MakeAssembly(const AssemblyOptions& options) {
  const RunConfig& config = options.config;
  const UpdateRule rule = UpdateRuleOf(config);
  if (rule == UpdateRule::kSynchronous) return Assembly{MakeSync(options), nullptr};
  if (rule == UpdateRule::kWholeSessions) return Assembly{MakeSessions(options), nullptr};
  if (rule == UpdateRule::kActorGradients) return Assembly{MakeGradients(options), nullptr};
  Assembly made;
  if (config.batch().replay_fraction() > 0) {
    NYALA_ASSIGN_OR_RETURN(made.replay, MakeReplay(options));
  }
  const BatchConfig& batch = config.batch();
  AsyncAssembler::Options async;
  async.columns = batch.columns();
  // Each shard has tiles in each minibatch.
  const int parts = options.shards * Parts(config);
  async.tiles = ChooseTiles(batch.columns(), options.unroll.T, parts, batch.tile_rows());
  async.slabs = batch.slabs();
  async.max_policy_lag = batch.max_policy_lag();
  async.replay = made.replay;
  made.assembler = std::make_shared<AsyncAssembler>(options.unroll, async);
  return made;
}

int64_t ColumnBytes(const RunConfig& config, const UnrollSpec& spec, int64_t session_frames) {
  if (!TakesTurns(config)) return 0;
  UnrollSpec column = spec;
  column.E = 1;
  if (IsSynchronous(config)) return column.bytes();
  // Sessions are kept when they arrive, and once more in the slab.
  column.T = config.batch().sessions_per_column() * (session_frames + 1);
  return 2 * column.bytes();
}

int64_t UsualColumns(const RunConfig& config, int64_t session_frames) {
  if (!TakesTurns(config)) return config.batch().columns();
  const int64_t columns = int64_t{config.actor().threads()} * config.actor().envs_per_thread() *
                          std::max(1, config.actor().actors());
  if (IsSynchronous(config)) return columns;
  const int64_t unrolls = 1 + (session_frames - 1) / config.batch().unroll_length();
  return columns * config.batch().sessions_per_column() * unrolls;
}

}  // namespace nyala
