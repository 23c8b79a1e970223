#include "common/config/resume_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/config/defaults.h"
#include "common/config/describe.h"
#include "common/config/fields.h"
#include "common/rl/schedule.h"

namespace nyala {
namespace {

constexpr ResumeRule kFree = ResumeRule::kFree;
constexpr ResumeRule kLearning = ResumeRule::kLearning;
constexpr ResumeRule kMeaning = ResumeRule::kMeaning;

// In the order of the .proto. What is for the start of training alone is free.
constexpr ResumeField kFields[] = {
    {"name", kFree},
    {"description", kFree},
    {"seed", kLearning},
    {"device", kFree},
    {"environment.id", kMeaning},
    {"environment.step_wait_seconds", kFree},
    {"environment.step_timeout_seconds", kFree},
    {"algorithm.name", kMeaning},
    // These change what the value function is to predict. It follows; the policy is the same.
    {"algorithm.discount", kLearning},
    {"algorithm.rho_bar", kLearning},
    {"algorithm.c_bar", kLearning},
    {"algorithm.pg_rho_bar", kLearning},
    {"algorithm.lambda", kLearning},
    {"algorithm.n_step", kLearning},
    {"algorithm.entropy_cost", kLearning},
    {"algorithm.baseline_cost", kLearning},
    {"algorithm.reduction", kLearning},
    {"algorithm.reward_scale", kLearning},
    {"algorithm.reward_clip", kLearning},
    {"algorithm.entropy_cost_final", kLearning},
    // The checkpoint has the deviation that values are in units of, or has none.
    {"algorithm.normalize_rewards", kMeaning},
    {"algorithm.correction", kLearning},
    {"algorithm.baseline", kLearning},
    {"algorithm.average_decay", kLearning},
    {"algorithm.elite_quantile", kLearning},
    {"algorithm.elite_frames", kLearning},
    {"algorithm.clip_ratio", kLearning},
    {"algorithm.epochs", kLearning},
    {"algorithm.minibatches", kLearning},
    {"algorithm.target_period", kLearning},
    {"algorithm.normalize_advantages", kLearning},
    {"algorithm.shuffle_frames", kLearning},
    {"network.name", kMeaning},
    {"network.hidden", kMeaning},
    {"network.activation", kMeaning},
    {"network.shared_trunk", kMeaning},
    {"network.channels", kMeaning},
    {"network.orthogonal_init", kFree},
    {"network.core", kMeaning},
    {"network.core_size", kMeaning},
    {"network.core_layers", kMeaning},
    {"network.core_memory", kFree},
    {"network.frame_stack", kMeaning},
    {"network.normalize_observations", kMeaning},
    {"optimizer.name", kLearning},
    {"optimizer.learning_rate", kLearning},
    {"optimizer.learning_rate_final", kLearning},
    {"optimizer.epsilon", kLearning},
    {"optimizer.decay", kLearning},
    {"optimizer.momentum", kLearning},
    {"optimizer.beta1", kLearning},
    {"optimizer.beta2", kLearning},
    {"optimizer.clip_norm", kLearning},
    {"batch.unroll_length", kLearning},
    {"batch.columns", kLearning},
    {"batch.slabs", kFree},
    {"batch.shards", kFree},
    {"batch.tile_rows", kFree},
    {"batch.max_policy_lag", kLearning},
    {"batch.sessions_per_column", kLearning},
    {"batch.max_session_frames", kLearning},
    {"batch.replay_fraction", kLearning},
    {"batch.replay_columns", kLearning},
    {"batch.straggler_seconds", kFree},
    {"batch.max_bytes", kFree},
    {"actor.actors", kFree},
    {"actor.threads", kFree},
    {"actor.envs_per_thread", kFree},
    {"actor.window", kFree},
    {"limits.frames", kFree},  // but see EndsSchedules
    {"limits.goal", kFree},
    {"limits.seconds", kFree},
    {"limits.updates", kFree},
    {"limits.skipped_steps", kFree},
    {"limits.learner_restarts", kFree},
    {"limits.schedule_frames", kFree},  // but see EndsSchedules
    {"checkpoint.interval_seconds", kFree},
    {"checkpoint.interval_updates", kFree},
    {"checkpoint.keep", kFree},
    {"checkpoint.replay", kFree},
    {"metrics.interval_seconds", kFree},
    {"metrics.progress_seconds", kFree},
    {"metrics.max_file_bytes", kFree},
    {"transport.max_message_bytes", kFree},
    {"transport.keepalive_seconds", kFree},
    {"transport.keepalive_timeout_seconds", kFree},
    {"transport.call_timeout_seconds", kFree},
    {"transport.reconnect_seconds", kFree},
    {"transport.max_streams", kFree},
    {"transport.memory_bytes", kFree},
    {"transport.authentication_seconds", kFree},
    {"transport.lease_seconds", kFree},
    {"policy.distribution", kMeaning},
    {"policy.mixture_components", kMeaning},
    {"policy.log_sigma", kMeaning},
    // Outputs of the network are relative to it (common/rl/distributions/sigma_map.h).
    {"policy.initial_sigma", kMeaning},
    {"policy.min_sigma", kMeaning},
};

// A field that nobody judged is taken for the worst.
ResumeRule RuleOf(const std::string& path) {
  const auto* found = std::find_if(std::begin(kFields), std::end(kFields),
                                   [&](const ResumeField& field) { return path == field.path; });
  return found == std::end(kFields) ? kMeaning : found->rule;
}

// They change how the run learns where they move the end of a schedule that it has.
bool EndsSchedules(const std::string& path) {
  return path == "limits.frames" || path == "limits.schedule_frames";
}

std::string Value(const RunConfig& config, const std::string& path) {
  std::string text = ConfigFieldText(config, path).value_or("");
  return text.empty() ? "unset" : text;
}

std::string Moved(const char* field, double before, double after, const RunConfig& earlier,
                  const RunConfig& now) {
  return absl::StrFormat(
      "%s goes from %g to %g at this frame because its schedule now ends at %d frames; "
      "--set limits.schedule_frames=%d keeps the old schedule",
      field, before, after, ScheduleFrames(now), ScheduleFrames(earlier));
}

}  // namespace

absl::Span<const ResumeField> ResumeFields() { return kFields; }

std::vector<ConfigChange> CompareConfigs(RunConfig before, RunConfig after) {
  FillDefaults(&before);
  FillDefaults(&after);
  const bool moved = (IsScheduled(before) || IsScheduled(after)) &&
                     ScheduleFrames(before) != ScheduleFrames(after);
  std::vector<ConfigChange> changes;
  for (const std::string& path : ConfigFieldPaths()) {
    ConfigChange change{path, Value(before, path), Value(after, path), RuleOf(path)};
    if (EndsSchedules(path)) change.rule = moved ? kLearning : kFree;
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  return changes;
}

std::string DescribeChange(const ConfigChange& change) {
  std::string line = absl::StrCat(change.path, ": ", change.before, " -> ", change.after);
  if (change.rule == kLearning) line += " (changes how it learns from here on)";
  if (change.rule == kMeaning) line += " (changes what the parameters mean)";
  return line;
}

absl::Status CheckMeaning(const std::vector<ConfigChange>& changes) {
  std::vector<std::string> found;
  for (const ConfigChange& change : changes) {
    if (change.rule != kMeaning) continue;
    found.push_back(absl::StrCat(change.path, " (", change.before, " -> ", change.after, ")"));
  }
  if (found.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--resume would change what the checkpoint's parameters mean: ", absl::StrJoin(found, ", "),
      "; leave ", found.size() == 1 ? "it" : "these", " as ",
      found.size() == 1 ? "it was" : "they were",
      ", start a new run, or add --force, which takes what still has the network's shape"));
}

std::vector<std::string> DescribeMovedSchedules(const RunConfig& before, const RunConfig& after,
                                                uint64_t frames) {
  std::vector<std::string> lines;
  if (ScheduleFrames(before) == 0 || ScheduleFrames(before) == ScheduleFrames(after)) return lines;
  const bool has_rate =
      before.optimizer().has_learning_rate_final() && after.optimizer().has_learning_rate_final();
  const double old_rate = LearningRateAt(before, frames), rate = LearningRateAt(after, frames);
  if (has_rate && old_rate != rate) {
    lines.push_back(Moved("optimizer.learning_rate", old_rate, rate, before, after));
  }
  const bool has_cost =
      before.algorithm().has_entropy_cost_final() && after.algorithm().has_entropy_cost_final();
  const double old_cost = EntropyCostAt(before, frames), cost = EntropyCostAt(after, frames);
  if (has_cost && old_cost != cost) {
    lines.push_back(Moved("algorithm.entropy_cost", old_cost, cost, before, after));
  }
  return lines;
}

}  // namespace nyala
