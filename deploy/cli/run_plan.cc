#include "deploy/cli/run_plan.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/resolve.h"
#include "common/nn/choices/check_names.h"
#include "deploy/cli/foreign_run.h"
#include "deploy/cli/resume_check.h"
#include "deploy/cli/run_names.h"
#include "deploy/launcher/describe_environment.h"
#include "learner/run/run_folder.h"

namespace nyala {
namespace {

absl::StatusOr<RunPlan> PlanResumed(const RunRequest& request) {
  if (request.run_dir.empty()) {
    return absl::InvalidArgumentError("--resume needs the run's folder: --run=DIR");
  }
  if (!request.preset.empty() || !request.config_file.empty()) {
    return absl::InvalidArgumentError(
        "--preset and --config are for new runs; a resumed one keeps its configuration, and --set "
        "changes single fields of it");
  }
  RunPlan plan;
  NYALA_ASSIGN_OR_RETURN(const RunConfig earlier, ReadRunConfig(request.run_dir));
  NYALA_ASSIGN_OR_RETURN(plan.config, ResolveResumed(earlier, request.overrides));
  NYALA_ASSIGN_OR_RETURN(plan.notices,
                         CheckResume(request.run_dir, earlier, plan.config, request.force));
  plan.run_dir = request.run_dir;
  plan.resume = true;
  return plan;
}

absl::StatusOr<RunPlan> PlanNew(const RunRequest& request) {
  if (request.force) {
    return absl::InvalidArgumentError(
        "--force is for --resume, whose checkpoint has a configuration that can be changed");
  }
  NYALA_ASSIGN_OR_RETURN(ResolvedConfig resolved,
                         ResolveConfig({request.preset, request.config_file, request.overrides}));
  RunPlan plan;
  plan.config = std::move(resolved.config);
  plan.run_dir =
      request.run_dir.empty() ? DefaultRunDir(plan.config, std::time(nullptr)) : request.run_dir;
  const std::string& environment = plan.config.environment().id();
  if (resolved.preset_picked) {
    plan.notices.push_back(absl::StrCat("preset ", resolved.preset, ", named for ", environment,
                                        "; --preset=NAME takes another"));
  } else if (resolved.preset.empty() && request.config_file.empty()) {
    plan.notices.push_back(absl::StrCat("no preset is named for ", environment, " with ",
                                        plan.config.algorithm().name(), "; using the defaults"));
  }
  return plan;
}

}  // namespace

absl::StatusOr<RunPlan> PlanRun(const RunRequest& request) {
  NYALA_ASSIGN_OR_RETURN(RunPlan plan, request.resume ? PlanResumed(request) : PlanNew(request));
  NYALA_RETURN_IF_ERROR(CheckNames(plan.config));
  // Before any of it is made.
  if (request.resume) SayWhatReachesOutside(plan.config);
  const EnvironmentConfig& environment = plan.config.environment();
  NYALA_ASSIGN_OR_RETURN(
      plan.env, DescribeEnvironmentInChild(environment.id(), environment.step_timeout_seconds()));
  return plan;
}

}  // namespace nyala
