#include "common/config/validate_pairs.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/config/defaults.h"
#include "common/config/describe.h"
#include "common/config/run_rules.h"
#include "common/rl/schedule.h"

namespace nyala {
namespace {

template <typename... Parts>
absl::Status Impossible(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::Status CheckUnrollLength(const RunConfig& config) {
  const int n_step = config.algorithm().n_step();
  const int unroll_length = config.batch().unroll_length();
  if (n_step <= unroll_length) return absl::OkStatus();
  return Impossible("algorithm.n_step is ", n_step, " but batch.unroll_length is ", unroll_length,
                    "; set batch.unroll_length=", n_step,
                    " or more, or algorithm.n_step=0 (whole unroll)");
}

absl::Status CheckStreams(const RunConfig& config) {
  const int64_t threads = int64_t{config.actor().actors()} * config.actor().threads();
  if (threads <= config.transport().max_streams()) return absl::OkStatus();
  return Impossible("the actors have ", threads, " rollout threads but transport.max_streams is ",
                    config.transport().max_streams(), "; raise it, or lower actor.actors");
}

absl::Status CheckSchedules(const RunConfig& config) {
  if (config.limits().schedule_frames() > 0 && !IsScheduled(config)) {
    return Impossible("limits.schedule_frames is ", config.limits().schedule_frames(),
                      " but nothing follows a schedule; set optimizer.learning_rate_final or "
                      "algorithm.entropy_cost_final, or limits.schedule_frames=0");
  }
  if (ScheduleFrames(config) > 0) return absl::OkStatus();
  const char* schedule = nullptr;
  if (config.optimizer().has_learning_rate_final()) schedule = "optimizer.learning_rate_final";
  if (config.algorithm().has_entropy_cost_final()) schedule = "algorithm.entropy_cost_final";
  if (schedule == nullptr) return absl::OkStatus();
  return Impossible(schedule,
                    " is reached at limits.frames, which is 0; set limits.frames (--frames=N) or "
                    "limits.schedule_frames");
}

absl::Status CheckReplay(const RunConfig& config) {
  const double fraction = config.batch().replay_fraction();
  if (fraction == 0) {
    if (!config.checkpoint().replay()) return absl::OkStatus();
    return Impossible("checkpoint.replay is true but batch.replay_fraction is 0: there is nothing ",
                      "to keep; set checkpoint.replay=false, or batch.replay_fraction above 0");
  }
  if (UpdateRuleOf(config) != UpdateRule::kAsynchronous) {
    return Impossible("batch.replay_fraction is ", fraction, " but algorithm.name is ",
                      config.algorithm().name(), ", which learns from the newest policy only; set ",
                      "batch.replay_fraction=0, or algorithm.name=impala or appo");
  }
  const int columns = config.batch().columns();
  if (NewColumns(config) < 1) {
    return Impossible("batch.replay_fraction is ", fraction, " but batch.columns is ", columns,
                      ", which leaves no new column; lower batch.replay_fraction or raise ",
                      "batch.columns");
  }
  return absl::OkStatus();
}

absl::Status CheckMinibatches(const RunConfig& config) {
  const int columns = config.batch().columns();
  const int minibatches = config.algorithm().minibatches();
  if (minibatches == 1 || columns % minibatches == 0) return absl::OkStatus();
  // Frames can be dealt onto any number; the columns of a synchronous run are not known here.
  if (config.algorithm().shuffle_frames() || IsSynchronous(config)) return absl::OkStatus();
  return Impossible("algorithm.minibatches is ", minibatches, " but batch.columns is ", columns,
                    "; set batch.columns to a multiple of algorithm.minibatches, or "
                    "algorithm.shuffle_frames=true");
}

// Algorithms that read a field of which others make no use.
std::vector<std::string> ReadersOf(const std::string& field) {
  std::vector<std::string> readers;
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    if (kind.Reads(field)) readers.push_back(kind.name);
  }
  return readers;
}

// A field that the algorithm does not read is as it is by default.
absl::Status CheckUnreadFields(const RunConfig& config) {
  const AlgorithmKind* const chosen = FindAlgorithmKind(config.algorithm().name());
  if (chosen == nullptr) return absl::OkStatus();
  RunConfig defaults;
  FillDefaults(&defaults);
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    for (const std::string& field : kind.reads) {
      if (chosen->Reads(field)) continue;
      const std::string value = *ConfigFieldText(config, field);
      const std::string usual = *ConfigFieldText(defaults, field);
      if (value.empty() || value == usual) continue;
      return Impossible(field, " is ", value, " but algorithm.name is ", config.algorithm().name(),
                        ", which does not use it; set ", field, "=", usual,
                        ", or algorithm.name=", absl::StrJoin(ReadersOf(field), " or "));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRewards(const RunConfig& config) {
  if (!config.algorithm().normalize_rewards() ||
      UpdateRuleOf(config) != UpdateRule::kActorGradients) {
    return absl::OkStatus();
  }
  return Impossible("algorithm.normalize_rewards is true but algorithm.name is ",
                    config.algorithm().name(), ", whose actors compute gradients without the ",
                    "learner's statistics; set algorithm.normalize_rewards=false and "
                    "algorithm.reward_scale instead");
}

absl::Status CheckSessionEnds(const RunConfig& config) {
  const AlgorithmConfig& algorithm = config.algorithm();
  const AlgorithmKind* const kind = FindAlgorithmKind(algorithm.name());
  const bool has_elite = kind != nullptr && kind->Reads("algorithm.elite_frames");
  if (!has_elite || algorithm.elite_frames() || algorithm.discount() > 0) return absl::OkStatus();
  return Impossible("algorithm.discount is 0 but algorithm.name is ", algorithm.name(),
                    ", which takes sums without a discount and tells sessions apart by it; set "
                    "algorithm.discount=1");
}

}  // namespace

absl::Status ValidatePairs(const RunConfig& config) {
  NYALA_RETURN_IF_ERROR(CheckUnrollLength(config));
  NYALA_RETURN_IF_ERROR(CheckStreams(config));
  NYALA_RETURN_IF_ERROR(CheckSchedules(config));
  NYALA_RETURN_IF_ERROR(CheckReplay(config));
  NYALA_RETURN_IF_ERROR(CheckUnreadFields(config));
  NYALA_RETURN_IF_ERROR(CheckMinibatches(config));
  NYALA_RETURN_IF_ERROR(CheckRewards(config));
  return CheckSessionEnds(config);
}

}  // namespace nyala
