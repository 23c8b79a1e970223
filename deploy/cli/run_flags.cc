#include "deploy/cli/run_flags.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "common/config/override.h"

namespace nyala {
namespace {

struct FieldFlagHelp {
  const char* flag;
  const char* path;
  const char* type;
  const char* help;
};

// Flags that stand for one field of the configuration.
constexpr FieldFlagHelp kFieldFlags[] = {
    {"--env", "environment.id", "ID", "Environment; `nyala envs` lists them"},
    {"--algorithm", "algorithm.name", "NAME", "impala, appo, a3c, a2c, ppo, reinforce or cem"},
    {"--frames", "limits.frames", "N", "Budget in frames of the whole run; 0: none"},
    {"--goal", "limits.goal", "R",
     "Stop when the mean return of the last 100 episodes reaches R; inf: none"},
    {"--seed", "seed", "N", "Every random number of the run comes of it"},
    {"--device", "device", "DEVICE", "Where the learner computes: cpu, cuda or cuda:N"},
    {"--actors", "actor.actors", "N",
     "Actors: `train` starts so many, 0 by the cores; `learner` announces them"},
    {"--threads", "actor.threads", "N",
     "Rollout threads of one actor, where it does not take all its cores"},
    {"--envs-per-thread", "actor.envs_per_thread", "N",
     "Environments that a rollout thread steps together"},
};

}  // namespace

void RunFlags::AddConfigTo(CLI::App& app) {
  for (const FieldFlagHelp& help : kFieldFlags) {
    FieldFlag& field = fields_.emplace_back(FieldFlag{help.flag, help.path, "", nullptr});
    field.option = app.add_option(help.flag, field.value, help.help)->type_name(help.type);
  }
  app.add_option("--preset", request_.preset,
                 "Configuration to start from; `nyala presets` lists them. Default: the one named "
                 "for the environment and the algorithm")
      ->type_name("NAME");
  app.add_option("--config", request_.config_file,
                 "Text-format RunConfig on top of the preset given")
      ->type_name("FILE");
  app.add_option("--set", sets_,
                 "Any field of the configuration, may be repeated; `nyala help config` lists them")
      ->type_name("path.to.field=value")
      ->allow_extra_args(false);
}

void RunFlags::AddTo(CLI::App& app) {
  AddConfigTo(app);
  app.add_option("--run", request_.run_dir,
                 "Run folder. Default: runs/<environment>-<algorithm>-<time>")
      ->type_name("DIR");
  app.add_flag(
      "--resume", request_.resume,
      "Go on with the run in --run, after any kind of end; lists what --set and flags change");
  app.add_flag("--force", request_.force,
               "With --resume: also where the change gives the parameters another meaning");
}

absl::StatusOr<RunRequest> RunFlags::Request() const {
  RunRequest request = request_;
  request.overrides = sets_;
  for (const FieldFlag& field : fields_) {
    if (field.option->count() == 0) continue;
    const std::string assignment = absl::StrCat(field.path, "=", field.value);
    RunConfig scratch;
    const absl::Status status = ApplyOverride(assignment, &scratch);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(field.flag, ": ", status.message()));
    }
    request.overrides.push_back(assignment);
  }
  return request;
}

}  // namespace nyala
