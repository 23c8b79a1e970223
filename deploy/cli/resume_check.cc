#include "deploy/cli/resume_check.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/resume_rules.h"
#include "common/system/file.h"
#include "learner/run/checkpoint_store.h"
#include "learner/run/run_folder.h"

namespace nyala {

absl::StatusOr<std::vector<std::string>> CheckResume(const std::string& run_dir,
                                                     const RunConfig& earlier, const RunConfig& now,
                                                     bool force) {
  const std::string folder = RunPaths(run_dir).checkpoints();
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> checkpoints, ListCheckpoints(folder));
  // The run's own may have been rewritten since, by a resume that came to nothing.
  RunConfig before = earlier;
  uint64_t frames = 0;
  if (!checkpoints.empty()) {
    const std::string newest = JoinPath(folder, checkpoints.back());
    absl::StatusOr<RunConfig> config = ReadCheckpointConfig(newest);
    const absl::StatusOr<Checkpoint> state = ReadCheckpointState(newest);
    // The learner will say what is damaged, and which one is good.
    if (!config.ok() || !state.ok()) return std::vector<std::string>();
    before = *std::move(config);
    frames = state->counters.frames;
  }
  const std::vector<ConfigChange> changes = CompareConfigs(before, now);
  // Without a checkpoint there are no parameters that could mean something else.
  if (!force && !checkpoints.empty()) NYALA_RETURN_IF_ERROR(CheckMeaning(changes));
  std::vector<std::string> lines;
  for (const ConfigChange& change : changes) {
    lines.push_back(absl::StrCat("resuming with ", DescribeChange(change)));
  }
  for (const std::string& line : DescribeMovedSchedules(before, now, frames)) lines.push_back(line);
  return lines;
}

}  // namespace nyala
