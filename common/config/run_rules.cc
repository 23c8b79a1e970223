#include "common/config/run_rules.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nyala {

UpdateRule UpdateRuleOf(const RunConfig& config) {
  const AlgorithmKind* const kind = FindAlgorithmKind(config.algorithm().name());
  return kind == nullptr ? UpdateRule::kAsynchronous : kind->rule;
}

bool IsSynchronous(const RunConfig& config) {
  return UpdateRuleOf(config) == UpdateRule::kSynchronous;
}

bool TakesTurns(const RunConfig& config) {
  return IsSynchronous(config) || UpdateRuleOf(config) == UpdateRule::kWholeSessions;
}

int32_t UnrollWindow(const RunConfig& config) {
  return TakesTurns(config) ? 0 : config.actor().window();
}

int64_t NewColumns(const RunConfig& config) {
  const double share = 1 - config.batch().replay_fraction();
  // Where the product is a whole number but for the rounding of its factors, it is that number.
  return static_cast<int64_t>(std::floor(config.batch().columns() * share + 1e-6));
}

absl::StatusOr<int64_t> SessionFrames(const RunConfig& config, int64_t max_episode_steps) {
  const int64_t cut = config.batch().max_session_frames();
  if (cut > 0 && max_episode_steps > 0) return std::min(cut, max_episode_steps);
  if (cut > 0 || max_episode_steps > 0) return std::max(cut, max_episode_steps);
  return absl::InvalidArgumentError(absl::StrCat(
      "batch.max_session_frames is 0 but environment.id is ", config.environment().id(),
      ", whose sessions have no time limit, and algorithm.name is ", config.algorithm().name(),
      ", which trains on whole sessions; set batch.max_session_frames to a number of frames"));
}

}  // namespace nyala
